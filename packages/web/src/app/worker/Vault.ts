// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Notes } from '@islet/client/Person';
import * as Wallet from '@islet/client/Wallet';
import * as Aead from '@islet/core/crypto/aead';
import * as Argon2 from '@islet/core/crypto/argon2';
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Purpose } from '@islet/core/Purpose';
import type { Stream } from '@islet/core/Stream';
import type { Box, Database, Lock, StoredVault } from './Database.js';

/** What the person was granting, in words that the chain does not have. */
export type Shared = {
  streams: Stream[];
  firstDay: number;
  lastDay: number;
  purpose: Purpose;
  maxUses: number;
};

export type Preferences = { unit: 'mg/dL' | 'mmol/L'; language?: string; theme?: 'light' | 'dark' };

/** What a browser remembers of a person: the CLI's notes and what only screens need. */
export type Kept = Notes & {
  /** Names that the person gave to others, by account. */
  contacts?: Record<string, string>;
  /** By grant. */
  shared?: Record<string, Shared>;
  imports?: { id: string; at: number; file: string; readings: number; firstDay: number; lastDay: number }[];
  preferences?: Preferences;
  hasKit?: boolean;
};

export type Keeper = { wallet: Wallet.Wallet; notes: Kept };

/** An opened vault. The key seals everything else of this person in this browser. */
export type Opened = { id: string; key: Uint8Array; keeper: Keeper };

type Random = (length: number) => Uint8Array;

const wrapAad = (id: string): Uint8Array => utf8(`islet/vault-key/v1/${id}`);
const vaultAad = (id: string): Uint8Array => utf8(`islet/vault/v1/${id}`);

export function seal(key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, random: Random): Box {
  const nonce = random(24);
  return { nonce, sealed: Aead.encrypt(key, nonce, aad, plaintext) };
}

export const unseal = (key: Uint8Array, aad: Uint8Array, box: Box): Uint8Array | undefined =>
  Aead.decrypt(key, box.nonce, aad, box.sealed);

/** Seals a person into this browser under a passphrase. */
export async function create(
  database: Database,
  keeper: Keeper,
  passphrase: string,
  random: Random,
): Promise<Opened> {
  const lock = (await database.lock()) ?? { id: 'lock', salt: random(16), ...Argon2.usual };
  await database.putLock(lock);
  const id = toHex(random(16));
  const key = random(32);
  const opened = { id, key, keeper };
  const wrapped = seal(Argon2.keyFrom(passphrase, lock.salt, lock), wrapAad(id), key, random);
  await database.putVault(sealed(opened, wrapped, random));
  return opened;
}

/** Writes down what has changed. */
export async function save(database: Database, opened: Opened, random: Random): Promise<void> {
  const stored = (await database.vaults()).find((vault) => vault.id === opened.id);
  if (stored) await database.putVault(sealed(opened, stored.wrapped, random));
}

/** Everyone whom this passphrase opens. Which people are here is sealed too. Throws `WEB_WRONG_PASSPHRASE`. */
export async function open(database: Database, passphrase: string): Promise<Opened[]> {
  const lock: Lock | undefined = await database.lock();
  if (!lock) throw new WrongPassphraseError();
  const outer = Argon2.keyFrom(passphrase, lock.salt, lock);
  const opened = (await database.vaults()).flatMap((vault) => openOne(vault, outer) ?? []);
  if (opened.length === 0) throw new WrongPassphraseError();
  return opened;
}

function openOne(vault: StoredVault, outer: Uint8Array): Opened | undefined {
  const key = unseal(outer, wrapAad(vault.id), vault.wrapped);
  const plaintext = key && unseal(key, vaultAad(vault.id), vault);
  if (!key || !plaintext) return undefined;
  const { wallet, notes } = JSON.parse(new TextDecoder().decode(plaintext)) as {
    wallet: string;
    notes: Kept;
  };
  return { id: vault.id, key, keeper: { wallet: Wallet.parse(utf8(wallet)), notes } };
}

function sealed({ id, key, keeper }: Opened, wrapped: Box, random: Random): StoredVault {
  const wallet = new TextDecoder().decode(Wallet.format(keeper.wallet));
  const plaintext = utf8(JSON.stringify({ wallet, notes: keeper.notes }));
  return { id, wrapped, ...seal(key, vaultAad(id), plaintext, random) };
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
