// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item } from './codec.js';
import { utf8 } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import { domainHash } from './crypto/hash.js';
import * as Hpke from './crypto/hpke.js';

/**
 * A custodian's signed word on what it released for which request, on which view of the chain. It keeps one
 * for every release; the patient collects them, and with the shares it convicts a custodian that lied.
 */
export type Note = {
  requestId: Uint8Array;
  custodian: number;
  epochs: Uint8Array[];
  /** The head it relied on. */
  blockNumber: number;
  blockHash: Uint8Array;
  at: number;
};

/** What the reader gets: the note and the shares, in the note's order, each signed for. */
export type Release = { note: Note; noteSignature: Uint8Array; shares: Uint8Array[]; signature: Uint8Array };

const noteName = 'islet/release-note';
const releaseName = 'islet/release';

const noteFields = (n: Note): Item[] => [
  n.requestId,
  n.custodian,
  n.epochs as Item,
  n.blockNumber,
  n.blockHash,
  n.at,
];
const noteSignedBytes = (n: Note): Uint8Array =>
  domainHash('islet/release-note-signature/v1', encode(noteName, 1, noteFields(n)));
const releaseSignedBytes = (n: Note, shares: Uint8Array[]): Uint8Array =>
  domainHash(
    'islet/release-signature/v1',
    encode(noteName, 1, noteFields(n)),
    encode(releaseName, 1, [shares as Item]),
  );

export async function signNote(note: Note, signer: Ed25519.SigningKey): Promise<Uint8Array> {
  return encode(noteName, 1, [...noteFields(note), await signer.sign(noteSignedBytes(note))]);
}

/** The note, or `undefined` where another key signed it. */
export async function parseNote(bytes: Uint8Array, signingKey: Uint8Array): Promise<Note | undefined> {
  const f = decode(noteName, 1, bytes);
  const note: Note = {
    requestId: f.bytes(32),
    custodian: f.int(1, 32),
    epochs: f.list((g) => g.bytes(32), 4096),
    blockNumber: f.int(),
    blockHash: f.bytes(32),
    at: f.int(),
  };
  const signature = f.bytes(64);
  f.end();
  return (await Ed25519.verify(signature, noteSignedBytes(note), signingKey)) ? note : undefined;
}

/** Signs and seals a release to the request's one-time key. Returns `encapsulated ‖ ciphertext` framed. */
export async function seal(
  note: Note,
  shares: Uint8Array[],
  oneTimeKey: Uint8Array,
  signer: Ed25519.SigningKey,
  ephemeralSeed: Uint8Array,
): Promise<Uint8Array> {
  const signed = encode(releaseName, 1, [
    await signNote(note, signer),
    shares as Item,
    await signer.sign(releaseSignedBytes(note, shares)),
  ]);
  const sealed = await Hpke.seal(oneTimeKey, info, note.requestId, signed, ephemeralSeed);
  return encode('islet/sealed-release', 1, [sealed.encapsulated, sealed.ciphertext]);
}

/** The release, or `undefined` where it does not open or the custodian of `signingKey` did not sign it. */
export async function open(
  bytes: Uint8Array,
  requestId: Uint8Array,
  oneTimeSeed: Uint8Array,
  signingKey: Uint8Array,
): Promise<Release | undefined> {
  const outer = decode('islet/sealed-release', 1, bytes);
  const sealed: Hpke.Sealed = { encapsulated: outer.bytes(32), ciphertext: outer.bytes() };
  outer.end();
  const signed = await Hpke.open(oneTimeSeed, info, requestId, sealed);
  if (!signed) return undefined;
  const f = decode(releaseName, 1, signed);
  const noteBytes = f.bytes();
  const shares = f.list((g) => g.bytes(33), 4096);
  const signature = f.bytes(64);
  f.end();
  const note = await parseNote(noteBytes, signingKey);
  if (!note || !(await Ed25519.verify(signature, releaseSignedBytes(note, shares), signingKey)))
    return undefined;
  if (shares.length !== note.epochs.length) return undefined;
  return { note, noteSignature: noteBytes.slice(-64), shares, signature };
}

/** What a request's `oneTimeKeyHash` commits to. */
export const oneTimeKeyHash = (publicKey: Uint8Array): Uint8Array =>
  domainHash('islet/one-time-key/v1', publicKey);

/** In its place in the request of a follower: so a reader signs which of the two it asks for, and a look is never a follow. */
export const followKeyHash = (publicKey: Uint8Array): Uint8Array =>
  domainHash('islet/follow-key/v1', publicKey);

const info = utf8('islet/release/v1');
