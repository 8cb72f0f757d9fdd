// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Xwing from '@islet/core/crypto/xwing';
import { IsletError } from '@islet/core/IsletError';

/**
 * The keys of one person or clinician: who they are on chain, what signs for them, what opens what is sealed
 * to them, and, for a patient, the root of lock P. Kept in one private file.
 */
export type Wallet = {
  name: string;
  account: Uint8Array;
  /** Signs messages: secp256k1 unless `signerKind` says otherwise. */
  signerKey: Uint8Array;
  signerKind?: 'p256';
  /** X-Wing seed, opens what is sealed to this account. */
  encryptionSeed: Uint8Array;
  /** Those of before: they open what was sealed to this account while they were its own. No kit and no guardian has them. */
  formerEncryptionSeeds?: Uint8Array[];
  rootSeed: Uint8Array;
  generation: number;
};

export const create = (name: string, random: (length: number) => Uint8Array): Wallet => ({
  name,
  account: random(32),
  signerKey: Secp256k1.secretKeyFrom(random),
  encryptionSeed: random(32),
  rootSeed: random(32),
  generation: 0,
});

export const encryptionKey = (wallet: Wallet): Uint8Array => Xwing.publicKeyOf(wallet.encryptionSeed);

/** What opens what is sealed to this account, now or before. */
export const openers = ({ encryptionSeed, formerEncryptionSeeds = [] }: Wallet): Uint8Array[] => [
  encryptionSeed,
  ...formerEncryptionSeeds,
];

/** What `Identity` keeps of an encryption key. */
export const encryptionKeyHash = (publicKey: Uint8Array): Uint8Array => sha256(publicKey);

export const format = (w: Wallet): Uint8Array =>
  new TextEncoder().encode(
    `${JSON.stringify({
      version: 1,
      name: w.name,
      account: toHex(w.account),
      signerKey: toHex(w.signerKey),
      ...(w.signerKind ? { signerKind: w.signerKind } : {}),
      encryptionSeed: toHex(w.encryptionSeed),
      ...(w.formerEncryptionSeeds ? { formerEncryptionSeeds: w.formerEncryptionSeeds.map(toHex) } : {}),
      rootSeed: toHex(w.rootSeed),
      generation: w.generation,
    })}\n`,
  );

export function parse(bytes: Uint8Array): Wallet {
  try {
    const kept = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const seed = (text: unknown): Uint8Array => {
      const value = fromHex(String(text));
      if (value.length !== 32) throw new RangeError('length');
      return value;
    };
    const key = (field: string): Uint8Array => seed(kept[field]);
    const former = kept.formerEncryptionSeeds;
    if (former !== undefined && !Array.isArray(former)) throw new RangeError('formerEncryptionSeeds');
    if (kept.signerKind !== undefined && kept.signerKind !== 'p256') throw new RangeError('signerKind');
    if (kept.version !== 1 || !Number.isInteger(kept.generation)) throw new RangeError('version');
    return {
      name: String(kept.name),
      account: key('account'),
      signerKey: key('signerKey'),
      ...(kept.signerKind === 'p256' ? { signerKind: 'p256' as const } : {}),
      encryptionSeed: key('encryptionSeed'),
      ...(former ? { formerEncryptionSeeds: former.map(seed) } : {}),
      rootSeed: key('rootSeed'),
      generation: kept.generation as number,
    };
  } catch {
    throw new BadWalletError();
  }
}

export class BadWalletError extends IsletError {
  override readonly name = 'Wallet.BadWalletError';
  constructor() {
    super(
      'WALLET_UNREADABLE',
      'A wallet file cannot be read. Restore it from your recovery kit or a backup.',
    );
  }
}
