// Copyright the Islet authors. AGPL-3.0-or-later.
// What no module of ours makes, and a hostile gateway could: built from the formats' own definitions.
import { encode, type Item } from '@islet/core/codec';
import * as Aead from '@islet/core/crypto/aead';
import { uint64 } from '@islet/core/crypto/bytes';
import { domainHash, sha256 } from '@islet/core/crypto/hash';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Sealed, Writer } from './writer.testkit.js';

const openFields = (h: Segment.Header): Item[] => [
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
const name = 'islet/segment-header';

/** Puts other padded bytes into the writer's newest segment, encrypted and signed as they should be. */
export async function repad(w: Writer, { segment, ...opened }: Sealed, padded: Uint8Array): Promise<Sealed> {
  const { header: h } = segment;
  const nonce = domainHash('islet/segment-nonce/v1', h.chain, uint64(h.number), h.blind).slice(0, 24);
  const associated = domainHash('islet/segment-associated/v1', encode(name, 1, openFields(h)));
  const ciphertext = Aead.encrypt(opened.secrets.contentKey, nonce, associated, padded);
  const fields = [...openFields(h), sha256(ciphertext)];
  const signature = await w.key.sign(domainHash('islet/segment-signature/v1', encode(name, 1, fields)));
  const bytes = encode('islet/segment', 1, [encode(name, 1, [...fields, signature]), ciphertext]);
  const sealed = { segment: Segment.parse(bytes), ...opened };
  w.previous = sealed.segment.hash;
  w.all.splice(-1, 1, sealed);
  return sealed;
}

/** The dealing of a secret, in which some custodians' shares are of another, signed by the dealer. */
export async function misdeal(
  w: Writer,
  dealt: Shares.Shares,
  other: Shares.Shares,
  indices: number[],
): Promise<Shares.Shares> {
  const record = {
    ...dealt.record,
    shares: dealt.record.shares.map((s, i) => (indices.includes(i + 1) ? other.record.shares[i]! : s)),
  };
  const fields: Item[] = [
    record.epochHash,
    record.setVersion,
    record.threshold,
    record.shares.map((s) => [s.encapsulated, s.ciphertext, s.commitment]),
    record.dealer,
  ];
  const signed = domainHash('islet/shares-signature/v1', encode('islet/shares', 1, fields));
  return Shares.parse(encode('islet/shares', 1, [...fields, await w.key.sign(signed)]));
}

/** Compressed zeros that inflate beyond what a segment may, tagged as readings. */
export async function bomb(bytes: number): Promise<Uint8Array> {
  const zeros = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const packed = new Uint8Array(await new Response(zeros).arrayBuffer());
  return new Uint8Array([0, 1, ...packed]);
}
