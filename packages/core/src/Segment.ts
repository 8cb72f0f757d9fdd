// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item } from './codec.js';
import * as Aead from './crypto/aead.js';
import { equal, uint64 } from './crypto/bytes.js';
import { type SigningKey, verify as verifySignature } from './crypto/ed25519.js';
import { domainHash, sha256 } from './crypto/hash.js';
import type { Day } from './Day.js';
import { last as lastDay } from './Day.js';
import { type Epoch, UnknownStreamError } from './Epoch.js';
import { IsletError } from './IsletError.js';
import * as Padding from './Padding.js';
import { isStream, type Stream } from './Stream.js';

/** The last segment of a writer chain, as later chains cite it. */
export type Tip = {
  /** 16 bytes, random at each start */ chain: Uint8Array;
  number: number;
  hash: Uint8Array;
};

/** The clear part of a segment: enough to order, find and prove it, nothing to read. */
export type Header = {
  account: Uint8Array;
  stream: Stream;
  day: Day | null;
  epochHash: Uint8Array;
  gateway: Uint8Array;
  chain: Uint8Array;
  /** 1, 2, 3 … within the chain. Two segments with one chain and number convict their writer. */
  number: number;
  /** The hash of the chain's previous segment; 32 zero bytes for the first. */
  previous: Uint8Array;
  /** In a chain's first segment: the tips of the writer's earlier chains of this stream. */
  cites: Tip[];
  /** 32 random bytes. Without them the anchored leaf says nothing; erasure drops them. */
  blind: Uint8Array;
  sealedAt: number;
  ciphertextHash: Uint8Array;
};

/** A sealed run of readings of one epoch: what is journalled, stored and anchored. */
export type Segment = {
  header: Header;
  signature: Uint8Array;
  ciphertext: Uint8Array;
  bytes: Uint8Array;
  /** Header and signature alone, for those who need no ciphertext. */
  headerBytes: Uint8Array;
  hash: Uint8Array;
};

export type SignedHeader = Pick<Segment, 'header' | 'signature' | 'headerBytes' | 'hash'>;

export const genesis = new Uint8Array(32);
const name = 'islet/segment';
const headerName = 'islet/segment-header';
export const maxPlaintext = 1 << 20;

/** Seals a plaintext under an epoch's content key as the next segment of a writer chain. */
export async function seal(
  epoch: Epoch,
  contentKey: Uint8Array,
  place: Pick<Header, 'chain' | 'number' | 'previous' | 'cites' | 'sealedAt'>,
  plaintext: Uint8Array,
  signer: SigningKey,
  random: (length: number) => Uint8Array,
): Promise<Segment> {
  if (plaintext.length > maxPlaintext) throw new RangeError('the plaintext exceeds a segment');
  const { account, stream, day } = epoch.header;
  const partial = {
    account,
    stream,
    day,
    epochHash: epoch.hash,
    gateway: signer.publicKey,
    ...place,
    blind: random(32),
  };
  const ciphertext = Aead.encrypt(contentKey, nonceOf(partial), associated(partial), Padding.pad(plaintext));
  const header: Header = { ...partial, ciphertextHash: sha256(ciphertext) };
  return assemble(header, await signer.sign(signedBytes(header)), ciphertext);
}

export function parse(bytes: Uint8Array): Segment {
  const f = decode(name, 1, bytes);
  const { header, signature } = parseHeader(f.bytes());
  const ciphertext = f.bytes();
  f.end();
  return assemble(header, signature, ciphertext);
}

/** Parses header and signature alone. */
export function parseHeader(bytes: Uint8Array): SignedHeader {
  const f = decode(headerName, 1, bytes);
  const header = takeHeader(f);
  const signature = f.bytes(64);
  f.end();
  return { header, signature, headerBytes: bytes, hash: hashOf(bytes) };
}

/** Whether the writer named in the header signed it. Stops: a segment made or altered by store or hub. */
export const verifyHeader = (s: SignedHeader): Promise<boolean> =>
  verifySignature(s.signature, signedBytes(s.header), s.header.gateway);

/** Header signature and ciphertext hash. Stops: any flipped byte. */
export const verify = async (s: Segment): Promise<boolean> =>
  equal(sha256(s.ciphertext), s.header.ciphertextHash) && (await verifyHeader(s));

/** The plaintext. Throws `TamperedError` where key, header or ciphertext do not belong together. */
export function open(segment: Segment, epoch: Epoch, contentKey: Uint8Array): Uint8Array {
  const { header, ciphertext } = segment;
  const belongs =
    equal(header.epochHash, epoch.hash) &&
    equal(header.account, epoch.header.account) &&
    equal(header.gateway, epoch.header.gateway) &&
    header.stream === epoch.header.stream &&
    header.day === epoch.header.day;
  const padded = belongs
    ? Aead.decrypt(contentKey, nonceOf(header), associated(header), ciphertext)
    : undefined;
  const plaintext = padded && Padding.unpad(padded);
  if (!plaintext) throw new TamperedError();
  return plaintext;
}

/** What enters a batch: blinded, so that the chain holds nothing derived from data. */
export const leaf = (s: Pick<SignedHeader, 'header' | 'hash'>): Uint8Array =>
  domainHash('islet/leaf/v1', s.header.blind, s.hash);

const hashOf = (headerBytes: Uint8Array): Uint8Array => domainHash('islet/segment/v1', headerBytes);

// Unique under a content key: a writer chain never uses a number twice, and the blind is fresh.
const nonceOf = (h: Pick<Header, 'chain' | 'number' | 'blind'>): Uint8Array =>
  domainHash('islet/segment-nonce/v1', h.chain, uint64(h.number), h.blind).slice(0, 24);

const associated = (h: Omit<Header, 'ciphertextHash'>): Uint8Array =>
  domainHash('islet/segment-associated/v1', encode(headerName, 1, openFields(h)));

const openFields = (h: Omit<Header, 'ciphertextHash'>): Item[] => [
  h.account,
  h.stream,
  h.day,
  h.epochHash,
  h.gateway,
  h.chain,
  h.number,
  h.previous,
  h.cites.map((t) => [t.chain, t.number, t.hash]),
  h.blind,
  h.sealedAt,
];

const signedBytes = (h: Header): Uint8Array =>
  domainHash('islet/segment-signature/v1', encode(headerName, 1, [...openFields(h), h.ciphertextHash]));

function assemble(header: Header, signature: Uint8Array, ciphertext: Uint8Array): Segment {
  const headerBytes = encode(headerName, 1, [...openFields(header), header.ciphertextHash, signature]);
  return {
    header,
    signature,
    ciphertext,
    headerBytes,
    bytes: encode(name, 1, [headerBytes, ciphertext]),
    hash: hashOf(headerBytes),
  };
}

export const takeTip = (f: Fields): Tip =>
  f.tuple((t) => ({ chain: t.bytes(16), number: t.int(1), hash: t.bytes(32) }));

function takeHeader(f: Fields): Header {
  const account = f.bytes(32);
  const stream = f.text(64);
  if (!isStream(stream)) throw new UnknownStreamError();
  return {
    account,
    stream,
    day: f.nullable((g) => g.int(0, lastDay)),
    epochHash: f.bytes(32),
    gateway: f.bytes(32),
    chain: f.bytes(16),
    number: f.int(1),
    previous: f.bytes(32),
    cites: f.list(takeTip, 1024),
    blind: f.bytes(32),
    sealedAt: f.int(),
    ciphertextHash: f.bytes(32),
  };
}

export class TamperedError extends IsletError {
  override readonly name = 'Segment.TamperedError';
  constructor() {
    super(
      'SEGMENT_TAMPERED',
      'A segment does not open: its bytes were altered or it belongs elsewhere. Fetch it from another hub or an export.',
    );
  }
}
