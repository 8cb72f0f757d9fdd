// Copyright the Islet authors. AGPL-3.0-or-later.
import type * as Home from './Home.js';
import * as People from './People.js';
import * as RoleFile from './RoleFile.js';

/** Names of accounts and roles known here, by id. */
export async function names(home: Home.Home): Promise<Map<string, string>> {
  return new Map([...(await RoleFile.byId(home)), ...(await People.byAccount(home))]);
}
