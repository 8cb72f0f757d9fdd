// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Founding from '@islet/chain/Founding';
import * as Rpc from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import type { Admin } from '@islet/client/Roles';
import type * as Home from './Home.js';
import { organisationKey } from './Home.js';
import * as KeyFile from './KeyFile.js';
import { CHAIN_ID } from './limits.js';
import * as Services from './Services.js';

/** Who speaks for this installation's organisation, on the running chain. */
export async function open(home: Home.Home, now: () => number): Promise<Admin> {
  const { ledger } = await Services.find(home);
  const key = await KeyFile.read(organisationKey(home));
  const rpc = Rpc.connect(ledger, { abis: Founding.abis });
  return { sender: Sender.open({ rpc, chainId: CHAIN_ID, key, now }), key };
}
