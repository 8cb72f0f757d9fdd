// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item } from './codec.js';
import { concat, equal, uint64, utf8 } from './crypto/bytes.js';
import { type SigningKey, verify as verifySignature } from './crypto/ed25519.js';
import { domainHash, hkdf, sha256 } from './crypto/hash.js';
import * as Hpke from './crypto/hpke.js';
import { deal } from './crypto/shamir.js';
import type { Epoch } from './Epoch.js';
import type * as Message from './Message.js';
import { statement } from './Message.js';
import { encodeSigned, parseSigned } from './signed.js';
import * as Stated from './wire/Stated.js';

/**
 * The custodians' shares of an epoch's lock secret, each sealed to one custodian's key of that patient, stream
 * and day. A record of its own, so that custodians can be replaced without touching what is anchored.
 * The dealing is derived from the secret: whoever opens the lock can re-derive the record and tell whether
 * the writer dealt falsely (`rederives`) or a custodian handed out another share (`isShare`).
 */
export type Record = {
  epochHash: Uint8Array;
  /** Which set of custodians; the index of a share is the custodian's place in it, from 1. */
  setVersion: number;
  threshold: number;
  shares: Sealed[];
  /** Ed25519 key of who dealt: the epoch's gateway, or one that the wallet named when custodians were replaced. */
  dealer: Uint8Array;
};

type Sealed = Hpke.Sealed & { commitment: Uint8Array };

export type Shares = {
  record: Record;
  signature: Uint8Array;
  /** The wallet's word on the dealer; null where the gateway dealt. */
  naming: Naming | null;
  bytes: Uint8Array;
};

/** A Statement of kind `dealer` about the SHA-256 of the dealer's key. */
export type Naming = Message.Signed<Message.Statement>;

const name = 'islet/shares';
const resharedName = 'islet/reshared';
const shareLength = 33;

/** Deals the lock secret to the custodians' public keys, in the order of their indices 1…n. */
export async function create(
  epoch: Epoch,
  lockSecret: Uint8Array,
  set: { version: number; threshold: number; keys: Uint8Array[] },
  signer: SigningKey,
): Promise<Shares> {
  const record: Record = {
    epochHash: epoch.hash,
    setVersion: set.version,
    threshold: set.threshold,
    shares: await dealSealed(epoch, lockSecret, set),
    dealer: signer.publicKey,
  };
  return assemble(record, await signer.sign(signedBytes(record)), null);
}

/** Puts the wallet's word on its dealer beside what that dealt. */
export const reshared = ({ record, signature }: Shares, naming: Naming): Shares =>
  assemble(record, signature, naming);

/** Takes both forms: as a gateway dealt, and with the wallet's word on another dealer. Throws `FORMAT_MALFORMED`. */
export function parse(bytes: Uint8Array): Shares {
  if (!isReshared(bytes)) return parseDealt(bytes);
  const f = decode(resharedName, 1, bytes);
  const dealt = parseDealt(f.bytes());
  const naming = parseSigned(statement, f.bytes());
  f.end();
  return reshared(dealt, naming);
}

const opening = encode(resharedName, 1, [0, 0]).slice(0, -3);
const isReshared = (bytes: Uint8Array): boolean => equal(bytes.slice(0, opening.length), opening);

function parseDealt(bytes: Uint8Array): Shares {
  const f = decode(name, 1, bytes);
  const record: Record = {
    epochHash: f.bytes(32),
    setVersion: f.int(),
    threshold: f.int(2, 32),
    shares: f.list(
      (g) =>
        g.tuple((t) => ({
          encapsulated: t.bytes(32),
          ciphertext: t.bytes(shareLength + 16),
          commitment: t.bytes(32),
        })),
      32,
    ),
    dealer: f.bytes(32),
  };
  const signature = f.bytes(64);
  f.end();
  return assemble(record, signature, null);
}

/**
 * Whether who dealt may: the epoch's own gateway, or a key that a signer of the same account named, here and for that.
 * `speaks`: whether that signer (ERC-7913 form) counts for the epoch's account, which is the caller's to know.
 */
export function mayDeal(
  { record, naming }: Shares,
  epoch: Epoch,
  here: Stated.Here,
  speaks: (signer: Uint8Array) => boolean,
): boolean {
  if (!naming) return equal(record.dealer, epoch.header.gateway);
  const { message, signer } = naming;
  return (
    // Stops: one person's dealer dealing for another's epochs.
    equal(message.account, epoch.header.account) &&
    // Stops: a word on one dealer put beside what another dealt.
    equal(message.hash, sha256(record.dealer)) &&
    // Stops: anyone else naming a dealer, or a word of the person's about something else or for elsewhere.
    speaks(signer) &&
    Stated.isStated(naming, 'dealer', here)
  );
}

/** Whether the dealer named in the record signed it, and deals for this epoch. */
export const verify = async (shares: Shares, epoch: Epoch): Promise<boolean> =>
  equal(shares.record.epochHash, epoch.hash) &&
  shares.record.threshold <= shares.record.shares.length &&
  (await verifySignature(shares.signature, signedBytes(shares.record), shares.record.dealer));

/** A custodian opens its own share; `undefined` where it was not sealed to this key, epoch and place. */
export async function openOwn(
  shares: Shares,
  epoch: Epoch,
  index: number,
  seed: Uint8Array,
): Promise<Uint8Array | undefined> {
  const sealed = shares.record.shares[index - 1];
  if (!sealed) return undefined;
  const share = await Hpke.open(seed, info, associated(epoch, index, shares.record.setVersion), sealed);
  return share && isShare(shares, index, share) ? share : undefined;
}

/** Whether this is the share the dealer committed to at that index. A custodian whose signed release fails this lied. */
export function isShare(shares: Shares, index: number, share: Uint8Array): boolean {
  const sealed = shares.record.shares[index - 1];
  return (
    sealed !== undefined &&
    share.length === shareLength &&
    share[shareLength - 1] === index &&
    equal(commit(shares.record.epochHash, share), sealed.commitment)
  );
}

/** Whether dealing this secret anew gives exactly this record. If not, the dealer, not a custodian, is at fault. */
export async function rederives(
  shares: Shares,
  epoch: Epoch,
  lockSecret: Uint8Array,
  keys: Uint8Array[],
): Promise<boolean> {
  const { setVersion: version, threshold } = shares.record;
  if (keys.length !== shares.record.shares.length || threshold > keys.length) return false;
  const again = {
    ...shares.record,
    shares: await dealSealed(epoch, lockSecret, { version, threshold, keys }),
  };
  return equal(signedBytes(again), signedBytes(shares.record));
}

/**
 * As `rederives`, without the custodians' keys: whether dealing this secret anew gives exactly the shares committed to.
 * What a reader can tell. A false dealing would open for some custodians and not for others.
 */
export function commitsTo(shares: Shares, epoch: Epoch, lockSecret: Uint8Array): boolean {
  const { setVersion: version, threshold, shares: sealed } = shares.record;
  const seed = seedOf(epoch, lockSecret, 'deal', { version, threshold, count: sealed.length });
  const again = deal(lockSecret, seed, threshold, sealed.length);
  return again.every((share, i) => equal(commit(epoch.hash, share), sealed[i]!.commitment));
}

const info = utf8('islet/share/v1');

type Dealing = { version: number; threshold: number; count: number };

/** Bound to everything that could make two dealings of one secret differ, so that no seed ever serves two plaintexts. */
function seedOf(epoch: Epoch, lockSecret: Uint8Array, purpose: string, dealing: Dealing): Uint8Array {
  const { version, threshold, count } = dealing;
  const bound = concat(uint64(version), uint64(threshold), uint64(count));
  return hkdf(lockSecret, epoch.hash, concat(utf8(`islet/${purpose}/v1`), bound), 32);
}

async function dealSealed(
  epoch: Epoch,
  lockSecret: Uint8Array,
  set: { version: number; threshold: number; keys: Uint8Array[] },
): Promise<Sealed[]> {
  const seed = (purpose: string): Uint8Array =>
    seedOf(epoch, lockSecret, purpose, { ...set, count: set.keys.length });
  const shares = deal(lockSecret, seed('deal'), set.threshold, set.keys.length);
  return Promise.all(
    set.keys.map(async (key, i) => {
      const share = shares[i]!;
      const sealed = await Hpke.seal(
        key,
        info,
        associated(epoch, i + 1, set.version),
        share,
        seed(`deal-ephemeral-${i + 1}`),
      );
      return { ...sealed, commitment: commit(epoch.hash, share) };
    }),
  );
}

const commit = (epochHash: Uint8Array, share: Uint8Array): Uint8Array =>
  domainHash('islet/share-commitment/v1', epochHash, share);

// Binds a share to its account, stream, day, epoch, gateway (all in the epoch's hash), custodian and set.
const associated = (epoch: Epoch, index: number, setVersion: number): Uint8Array =>
  domainHash('islet/share-place/v1', epoch.hash, uint64(index), uint64(setVersion));

const fields = (r: Record): Item[] => [
  r.epochHash,
  r.setVersion,
  r.threshold,
  r.shares.map((s) => [s.encapsulated, s.ciphertext, s.commitment]),
  r.dealer,
];

const signedBytes = (r: Record): Uint8Array =>
  domainHash('islet/shares-signature/v1', encode(name, 1, fields(r)));

function assemble(record: Record, signature: Uint8Array, naming: Naming | null): Shares {
  const dealt = encode(name, 1, [...fields(record), signature]);
  const bytes = naming ? encode(resharedName, 1, [dealt, encodeSigned(statement, naming)]) : dealt;
  return { record, signature, naming, bytes };
}
