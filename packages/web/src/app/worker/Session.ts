// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Network } from '@islet/client/Network';
import type { Keep, Progress } from '@islet/client/Person';
import { toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as ChainLog from './ChainLog.js';
import * as Code from './Code.js';
import * as Connection from './Connection.js';
import * as Database from './Database.js';
import * as Vault from './Vault.js';

/** Someone whose wallet is open in this worker, and nowhere else. */
export type Session = { vault: Vault.Opened; network: Network; config: Connection.Config; keep: Keep };

/** What screens may know of it: no key. */
export type Who = {
  name: string;
  role: 'patient' | 'clinician';
  account: string;
  code: string;
  hasKit: boolean;
  hasData: boolean;
  preferences: Vault.Preferences;
};

let database: Promise<Database.Database> | undefined;
let current: Promise<Session> | undefined;

export const storage = (): Promise<Database.Database> => {
  database ??= Database.open();
  return database;
};

/** Opens the services for a person who was just opened or made. */
export async function begin(vault: Vault.Opened, onProgress: Progress = () => {}): Promise<Session> {
  const opening = (async (): Promise<Session> => {
    const kept = await storage();
    const config = await Connection.config();
    const { random } = Connection;
    const network = await Connection.open(config, (keep, replay) =>
      ChainLog.open(kept, vault, config.deployment.genesisHash, random, keep, replay),
    );
    onProgress('following', 0, 1);
    await network.chain.follow();
    return { vault, network, config, keep: () => Vault.save(kept, vault, random) };
  })();
  current = opening;
  opening.catch(() => {
    if (current === opening) current = undefined;
  });
  return opening;
}

/** Who is open. Throws `WEB_LOCKED`. */
export function need(): Promise<Session> {
  if (!current) throw new LockedError();
  return current;
}

/** Forgets every key. */
export function end(): void {
  current = undefined;
}

export const whoOf = ({ vault }: Session): Who => {
  const { wallet, notes } = vault.keeper;
  return {
    name: wallet.name,
    role: notes.role,
    account: toHex(wallet.account),
    code: Code.ofAccount(wallet.account),
    hasKit: notes.hasKit ?? false,
    hasData: notes.hasData ?? false,
    preferences: notes.preferences ?? { unit: 'mg/dL' },
  };
};

export class LockedError extends IsletError {
  override readonly name = 'LockedError';
  constructor() {
    super('WEB_LOCKED', 'Nobody is open here. Unlock first.');
  }
}
