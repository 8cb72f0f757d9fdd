// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Network } from '@islet/client/Network';
import type { Keep, Progress } from '@islet/client/Person';
import { toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { isAway } from './Away.js';
import * as ChainLog from './ChainLog.js';
import * as Code from './Code.js';
import * as Connection from './Connection.js';
import * as Database from './Database.js';
import * as Vault from './Vault.js';
import * as Views from './Views.js';

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
  /** After a recovery: from when on custodians open again, UTC ms. */
  opensAt: number | null;
  /** Not let in yet: what is waited for. */
  pending: Vault.Pending['is'] | null;
  /** The account is being taken over from who kept it, and not everyone has heard yet. */
  taking: boolean;
  preferences: Vault.Preferences;
};

let database: Promise<Database.Database> | undefined;
let held: Vault.Opened | undefined;
let current: Promise<Session> | undefined;
let over = new AbortController();

export const storage = (): Promise<Database.Database> => {
  database ??= Database.open();
  return database;
};

/** Holds a person who was just opened or made, and opens the services for them. */
export function begin(vault: Vault.Opened, onProgress: Progress = () => {}): Promise<Session> {
  held = vault;
  return connect(vault, onProgress);
}

function connect(vault: Vault.Opened, onProgress: Progress): Promise<Session> {
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

/** Who is open. Without a connection it is tried anew each time. Throws `WEB_LOCKED`, `WEB_HOST_AWAY`. */
export function need(): Promise<Session> {
  return current ?? connect(person(), () => {});
}

/** Who is open, also without a connection. Throws `WEB_LOCKED`. */
export function person(): Vault.Opened {
  if (!held) throw new LockedError();
  return held;
}

/** Writes down what has changed of the person, which takes no connection. */
export const save = async (): Promise<void> => Vault.save(await storage(), person(), Connection.random);

/** Erases what was kept of a group. */
export const drop = async (group: string): Promise<void> =>
  Views.drop(await storage(), person(), `${group} `);

/** Erases all that was kept. */
export const dropAll = async (): Promise<void> => Views.clear(await storage(), person());

/** Something shown, with when it was true: now, or when it was last opened. */
export type Shown<T> = T & { asOf: number | null };

/** Views that earlier builds kept are of another form, and are not shown. */
const viewForm = 4;

/**
 * What a screen shows. Where nobody answers it is what was kept when it was last opened here; what was refused is not
 * shown again either. `until` is the end of the permission behind it, UTC ms.
 */
export async function shown<T extends object>(
  group: string,
  part: string,
  look: () => Promise<T & { until?: number | null }>,
): Promise<Shown<T>> {
  const vault = person();
  const kept = await storage();
  const name = `${group} ${part} ${viewForm}`;
  try {
    const { until = null, ...value } = await look();
    const keeps = vault.keeper.notes.preferences?.offline !== false;
    if (keeps && held === vault)
      await Views.keep(kept, vault, { name, at: Date.now(), until, value }, Connection.random);
    return { ...(value as unknown as T), asOf: null };
  } catch (error) {
    if (isAway(error)) {
      const found = await Views.find(kept, vault, name, Date.now());
      if (found) return { ...(found.value as T), asOf: found.at };
    } else if (error instanceof IsletError && error.code.startsWith('DENIED_'))
      await Views.drop(kept, vault, `${group} `);
    throw error;
  }
}

/** Aborted once whoever is open no longer is. */
export const ending = (): AbortSignal => over.signal;

/** Forgets every key, and ends what goes on under them. */
export function end(): void {
  over.abort();
  over = new AbortController();
  held = undefined;
  current = undefined;
}

export const whoOf = ({ keeper: { wallet, notes } }: Vault.Opened): Who => {
  return {
    name: wallet.name,
    role: notes.role,
    account: toHex(wallet.account),
    code: Code.ofAccount(wallet.account),
    hasKit: notes.hasKit ?? false,
    hasData: notes.hasData ?? false,
    opensAt: notes.opensAt ?? null,
    pending: notes.pending?.is ?? null,
    taking: notes.taking !== undefined,
    preferences: notes.preferences ?? { unit: 'mg/dL' },
  };
};

export class LockedError extends IsletError {
  override readonly name = 'LockedError';
  constructor() {
    super('WEB_LOCKED', 'Nobody is open here. Unlock first.');
  }
}
