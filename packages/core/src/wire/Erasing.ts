// Copyright the Islet authors. AGPL-3.0-or-later.
// What is handed to those who carry out an erasure, and what they answer.
import { decode, encode } from '../codec.js';
import * as Erasure from '../Erasure.js';
import * as Message from '../Message.js';
import { parseSigned } from '../signed.js';

/** The signed Erase and its scope document, each as bytes. */
export type Handover = { erase: Uint8Array; scope: Uint8Array };

const handoverName = 'islet/erasure-handover';

export const encodeHandover = (h: Handover): Uint8Array => encode(handoverName, 1, [h.erase, h.scope]);

/** Throws `FORMAT_MALFORMED`. */
export function parseHandover(bytes: Uint8Array): Handover {
  const f = decode(handoverName, 1, bytes);
  const handover = { erase: f.bytes(), scope: f.bytes() };
  f.end();
  return handover;
}

/** A handover taken apart. */
export type Order = {
  signed: Message.Signed<Message.Erase>;
  scope: Erasure.Scope;
  extent: Erasure.Extent;
  handover: Uint8Array;
};

/** The order that a handover holds; `undefined` where the message is not about that scope. Signatures are not judged. */
export function parseOrder(bytes: Uint8Array): Order | undefined {
  const { erase, scope } = parseHandover(bytes);
  const signed = parseSigned(Message.erase, erase);
  const read = Erasure.parseScope(scope);
  if (!Erasure.isAbout(signed.message, scope, read)) return undefined;
  return { signed, scope: read, extent: Erasure.extentOf(signed.message, read), handover: bytes };
}

/** What a keeper answers: its receipt, and a custodian's signed Confirm for the chain. Both null: not done yet. */
export type Done = { receipt: Uint8Array | null; confirm: Uint8Array | null };

const doneName = 'islet/erasure-done';

export const encodeDone = (d: Done): Uint8Array => encode(doneName, 1, [d.receipt, d.confirm]);

/** Throws `FORMAT_MALFORMED`. */
export function parseDone(bytes: Uint8Array): Done {
  const f = decode(doneName, 1, bytes);
  const done = { receipt: f.nullable((g) => g.bytes()), confirm: f.nullable((g) => g.bytes()) };
  f.end();
  return done;
}
