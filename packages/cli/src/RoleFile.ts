// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Roles from '@islet/client/Roles';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as Home from './Home.js';

// The roles of this installation's organisation, by name: who has such a file opens what was granted to the role.

const isName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,31}$/.test(name);
const pathOf = (home: Home.Home, name: string): string => join(Home.roles(home), `${name}.role`);

export async function names(home: Home.Home): Promise<string[]> {
  const files = await readdir(Home.roles(home)).catch(() => []);
  return files.flatMap((f) => (f.endsWith('.role') ? [f.slice(0, -'.role'.length)] : [])).sort();
}

export async function find(home: Home.Home, name: string): Promise<Roles.Role | undefined> {
  if (!isName(name)) throw new NoSuchRoleError(name, await names(home));
  const bytes = await PrivateFile.read(pathOf(home, name));
  if (!bytes) return undefined;
  const kept = JSON.parse(new TextDecoder().decode(bytes)) as { role: string; seeds: string[] };
  return { role: fromHex(kept.role), seeds: kept.seeds.map(fromHex) };
}

/** Throws `CLI_NO_SUCH_ROLE`. */
export async function need(home: Home.Home, name: string): Promise<Roles.Role> {
  const found = await find(home, name);
  if (!found) throw new NoSuchRoleError(name, await names(home));
  return found;
}

export async function write(home: Home.Home, name: string, { role, seeds }: Roles.Role): Promise<void> {
  const kept = { version: 1, role: toHex(role), seeds: seeds.map(toHex) };
  await PrivateFile.write(pathOf(home, name), new TextEncoder().encode(`${JSON.stringify(kept)}\n`));
}

/** The name of each role by its id, for sentences. */
export async function byId(home: Home.Home): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await names(home)) found.set(toHex((await need(home, name)).role), name);
  return found;
}

export class NoSuchRoleError extends IsletError {
  override readonly name = 'NoSuchRoleError';
  constructor(name: string, known: string[]) {
    const have = known.length > 0 ? `Here are: ${known.join(', ')}.` : 'Make one: npx islet role create NAME';
    super('CLI_NO_SUCH_ROLE', `There is no role named "${name.slice(0, 40)}". ${have}`);
  }
}
