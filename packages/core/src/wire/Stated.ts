// Copyright the Islet authors. AGPL-3.0-or-later.
// What a wallet states to a gateway, a hub or a custodian.
import { decode, encode } from '../codec.js';
import { equal, uint64, utf8 } from '../crypto/bytes.js';
import { domainHash, keccak256, sha256 } from '../crypto/hash.js';
import * as Message from '../Message.js';
import { encodeSigned, parseSigned } from '../signed.js';

/** What a wallet's Statement to a gateway, a hub or a custodian can be about: the keccak-256 of the document's name. */
export const kinds = {
  streamKeys: keccak256(utf8('islet/stream-keys')),
  devices: keccak256(utf8('islet/devices')),
  askLooks: keccak256(utf8('islet/ask-looks')),
  askDays: keccak256(utf8('islet/ask-days')),
  guardians: keccak256(utf8('islet/guardians')),
  askNotes: keccak256(utf8('islet/ask-notes')),
  roleKey: keccak256(utf8('islet/role-key')),
  dealer: keccak256(utf8('islet/dealer')),
  ask: keccak256(utf8('islet/ask')),
  askAnswer: keccak256(utf8('islet/ask-answer')),
  askAsks: keccak256(utf8('islet/ask-asks')),
  passkeyBackup: keccak256(utf8('islet/passkey-backup')),
  hubs: keccak256(utf8('islet/hubs')),
  carried: keccak256(utf8('islet/carried')),
} as const;

/** What a question to one custodian says in place of a document's hash, so that it is no question to another. */
export const toCustodian = (index: number): Uint8Array => domainHash('islet/to-custodian/v1', uint64(index));

/** A document and the wallet's word on it. */
export type Document = { signed: Message.Signed<Message.Statement>; bytes: Uint8Array };

const name = 'islet/stated';

export const encodeDocument = ({ signed, bytes }: Document): Uint8Array =>
  encode(name, 1, [encodeSigned(Message.statement, signed), bytes]);

/** Throws `FORMAT_MALFORMED`. */
export function parseDocument(body: Uint8Array): Document {
  const f = decode(name, 1, body);
  const document = { signed: parseSigned(Message.statement, f.bytes()), bytes: f.bytes() };
  f.end();
  return document;
}

/** Where statements are meant for: one deployment's Identity contract. */
export type Here = { chainId: number /** 20 bytes */; identity: Uint8Array; verifiers?: Message.Verifiers };

/** Whether the statement is of that kind, meant for this deployment, and signed by the signer it names. */
export const isStated = (
  { message, ...rest }: Message.Signed<Message.Statement>,
  kind: keyof typeof kinds,
  here: Here,
): boolean =>
  message.chain === BigInt(here.chainId) &&
  equal(message.target, here.identity) &&
  equal(message.kind, kinds[kind]) &&
  Message.verify(Message.statement, { message, ...rest }, here.verifiers);

/** Whether the statement is that, and about the document's bytes. */
export const isDocument = ({ signed, bytes }: Document, kind: keyof typeof kinds, here: Here): boolean =>
  equal(signed.message.hash, sha256(bytes)) && isStated(signed, kind, here);
