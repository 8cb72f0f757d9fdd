// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Notes } from '@islet/client/Person';
import type { Answer } from '@islet/client/Recovery';
import * as Wallet from '@islet/client/Wallet';
import * as Aead from '@islet/core/crypto/aead';
import * as Argon2 from '@islet/core/crypto/argon2';
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Purpose } from '@islet/core/Purpose';
import type { Stream } from '@islet/core/Stream';
import * as Wrapped from '@islet/core/Wrapped';
import type { Box, Database, StoredVault } from './Database.js';

/** What the person was granting, in words that the chain does not have. */
type Shared = {
  streams: Stream[];
  firstDay: number;
  lastDay: number;
  purpose: Purpose;
  maxUses: number;
};

export type Preferences = {
  unit: 'mg/dL' | 'mmol/L';
  language?: string;
  theme?: 'light' | 'dark';
  /** False: nothing that was opened is kept for when there is no connection. */
  offline?: boolean;
};

/** What a browser remembers of a person: the CLI's notes and what only screens need. */
export type Kept = Notes & {
  /** Names that the person gave to others, by account. */
  contacts?: Record<string, string>;
  /** By grant. */
  shared?: Record<string, Shared>;
  imports?: { id: string; at: number; file: string; readings: number; firstDay: number; lastDay: number }[];
  preferences?: Preferences;
  hasKit?: boolean;
  /** The drill asked last: its question, hex and as text, the answers, and whose they are, by account. */
  drillQuestion?: string;
  drill?: { text: string; answers: string[]; answered: string[] };
  guardianInvitation?: string;
  /** Who was not let in yet: the wallet beside holds nothing but keys of this browser's own. */
  pending?: Pending;
  /** Guardians' answers, hex, for custodians that do not follow the recovery yet. */
  recoveredBy?: { answers: string[]; signer: string };
  /** A passkey can bring the account back, or its person did not want one: they are not asked again. */
  comesBack?: 'passkey' | 'skipped';
  /** What a passkey signed to let this browser in, hex, until every custodian has heard it. */
  letInBy?: string;
  /** After a recovery: from when on custodians open again, UTC ms. */
  opensAt?: number;
};

/**
 * Someone who has lost every device and is helped by guardians, or a further device, or a young person who takes their account
 * over; answers are hex.
 */
export type Pending = { is: 'recovery' | 'device' | 'handover'; answers: string[]; custodians: Answer[] };

export type Keeper = { wallet: Wallet.Wallet; notes: Kept };

/** An opened vault. The key seals everything else of this person in this browser; `locks` are the ways to it. */
export type Opened = { id: string; key: Uint8Array; locks: Wrapped.Wrapped; keeper: Keeper };

/** A way in, to be made or used: what a person remembers, or what their passkey gives for `input` (its PRF). */
export type Way =
  | { kind: 'passphrase'; passphrase: string }
  | { kind: 'passkey'; credential: Uint8Array; input: Uint8Array; output: Uint8Array };

type Random = (length: number) => Uint8Array;

const wrapAad = (id: string): Uint8Array => utf8(`islet/vault-key/v1/${id}`);
const vaultAad = (id: string): Uint8Array => utf8(`islet/vault/v1/${id}`);

export function seal(key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, random: Random): Box {
  const nonce = random(24);
  return { nonce, sealed: Aead.encrypt(key, nonce, aad, plaintext) };
}

export const unseal = (key: Uint8Array, aad: Uint8Array, box: Box): Uint8Array | undefined =>
  Aead.decrypt(key, box.nonce, aad, box.sealed);

/** Seals a person into this browser behind one way in. `cost` is what guessing a passphrase costs. */
export async function create(
  database: Database,
  keeper: Keeper,
  way: Way,
  random: Random,
  cost = Argon2.usual,
): Promise<Opened> {
  const key = random(32);
  const locks = lockedBy(Wrapped.of(key, random), key, way, random, cost);
  const opened = { id: toHex(random(16)), key, locks, keeper };
  await database.putVault(sealed(opened, random));
  return opened;
}

function lockedBy(
  locks: Wrapped.Wrapped,
  key: Uint8Array,
  way: Way,
  random: Random,
  cost: Argon2.Cost,
): Wrapped.Wrapped {
  return way.kind === 'passphrase'
    ? Wrapped.withPassphrase(locks, key, way.passphrase, random, cost)
    : Wrapped.withPasskey(locks, key, way, random);
}

/** One way in more: any of them opens. */
export async function addWay(
  database: Database,
  opened: Opened,
  way: Way,
  random: Random,
  cost = Argon2.usual,
): Promise<void> {
  opened.locks = lockedBy(opened.locks, opened.key, way, random, cost);
  await save(database, opened, random);
}

/** Takes one way in away, by its place. The last cannot go: `WRAPPED_LAST`. */
export async function removeWay(
  database: Database,
  opened: Opened,
  nth: number,
  random: Random,
): Promise<void> {
  const wrapper = opened.locks.wrappers[nth];
  if (wrapper) opened.locks = Wrapped.without(opened.locks, wrapper);
  await save(database, opened, random);
}

/** Writes down what has changed, unless the person was taken out of this browser meanwhile. */
export async function save(database: Database, opened: Opened, random: Random): Promise<void> {
  const stored = (await database.vaults()).some((vault) => vault.id === opened.id);
  if (stored) await database.putVault(sealed(opened, random));
}

/** The ways in that this browser knows, so that a person is asked for the right one. */
export async function waysOf(
  database: Database,
): Promise<{ passphrase: boolean; passkeys: { credential: Uint8Array; input: Uint8Array }[] }> {
  const vaults = await database.vaults();
  const all = vaults.flatMap((vault) => (vault.locks ? Wrapped.parseWrapped(vault.locks).wrappers : []));
  return {
    passphrase: vaults.some((vault) => !vault.locks) || all.some((one) => one.kind === 'passphrase'),
    passkeys: all.flatMap((one) =>
      one.kind === 'passkey' ? [{ credential: one.credential, input: one.input }] : [],
    ),
  };
}

/** Everyone whom this opens. Who is here is sealed too. Throws `WEB_WRONG_PASSPHRASE` or `WEB_WRONG_PASSKEY`. */
export async function open(database: Database, way: Wrapped.Key, random: Random): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const vault of await database.vaults()) {
    const one = vault.locks
      ? openOne(vault, vault.locks, way)
      : await fromFirstForm(database, vault, way, random);
    if (one) opened.push(one);
  }
  if (opened.length > 0) return opened;
  throw way.kind === 'passphrase' ? new WrongPassphraseError() : new WrongPasskeyError();
}

function openOne(vault: StoredVault, bytes: Uint8Array, way: Wrapped.Key): Opened | undefined {
  const locks = Wrapped.parseWrapped(bytes);
  const key = Wrapped.open(locks, way);
  const keeper = key && keeperIn(vault, key);
  return keeper && { id: vault.id, key, locks, keeper };
}

/** As the first builds kept people: under one passphrase, with one salt for all. Written anew once it is opened. */
async function fromFirstForm(
  database: Database,
  vault: StoredVault,
  way: Wrapped.Key,
  random: Random,
): Promise<Opened | undefined> {
  const lock = await database.lock();
  if (!lock || !vault.wrapped || way.kind !== 'passphrase') return undefined;
  const outer = Argon2.keyFrom(way.passphrase, lock.salt, lock);
  const key = unseal(outer, wrapAad(vault.id), vault.wrapped);
  const keeper = key && keeperIn(vault, key);
  if (!keeper) return undefined;
  const { memoryKiB, passes } = lock;
  const locks = lockedBy(Wrapped.of(key, random), key, way, random, { memoryKiB, passes });
  const opened = { id: vault.id, key, locks, keeper };
  await database.putVault(sealed(opened, random));
  return opened;
}

function keeperIn(vault: StoredVault, key: Uint8Array): Keeper | undefined {
  const plaintext = unseal(key, vaultAad(vault.id), vault);
  if (!plaintext) return undefined;
  const { wallet, notes } = JSON.parse(new TextDecoder().decode(plaintext)) as {
    wallet: string;
    notes: Kept;
  };
  return { wallet: Wallet.parse(utf8(wallet)), notes };
}

function sealed({ id, key, locks, keeper }: Opened, random: Random): StoredVault {
  const wallet = new TextDecoder().decode(Wallet.format(keeper.wallet));
  const plaintext = utf8(JSON.stringify({ wallet, notes: keeper.notes }));
  return { id, locks: Wrapped.encodeWrapped(locks), ...seal(key, vaultAad(id), plaintext, random) };
}

export class WrongPassphraseError extends IsletError {
  override readonly name = 'WrongPassphraseError';
  constructor() {
    super(
      'WEB_WRONG_PASSPHRASE',
      'This passphrase opens nobody in this browser. Type it again, or open a wallet file or your recovery kit.',
    );
  }
}

export class WrongPasskeyError extends IsletError {
  override readonly name = 'WrongPasskeyError';
  constructor() {
    super(
      'WEB_WRONG_PASSKEY',
      'This passkey opens nobody in this browser. Use your passphrase, or open a wallet file or your recovery kit.',
    );
  }
}
