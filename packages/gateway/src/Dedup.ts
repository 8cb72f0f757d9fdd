// Copyright the Islet authors. AGPL-3.0-or-later.
import { encode, type Item } from '@islet/core/codec';
import { hmac } from '@islet/core/crypto/hash';
import type { Reading } from '@islet/core/Reading';
import { ID_BYTES } from './limits.js';

// One reading, one id: a MAC under the gateway's local key, so that the set on disk tells nothing. Two records with
// different identities never share one. Where the source gives an identity, that alone decides; where it does not,
// time and value do, so that another value of the same moment is kept as a reading of its own.

/** An id as a text of 12 Latin-1 characters: the smallest thing a `Set` can hold. */
export type Id = string;

export function idOf(localKey: Uint8Array, account: Uint8Array, reading: Reading): Id {
  const message = encode('islet/identity', 1, [account, ...identity(reading)]);
  return Buffer.from(hmac(localKey, message)).toString('latin1', 0, ID_BYTES);
}

const identity = (r: Reading): Item[] => {
  const [what, ...content] = told(r);
  return r.source.id !== null
    ? [true, r.source.app, r.kind, what!, r.source.id]
    : [false, r.source.app, r.kind, what!, r.at, ...content];
};

/** What sort of its kind, then everything measured. */
function told(r: Reading): Item[] {
  switch (r.kind) {
    case 'glucose':
      return [r.method, r.value, r.unit, r.beyond];
    case 'insulin':
      return [r.type, r.units, r.durationMs];
    case 'carbs':
      return ['', r.grams];
    case 'activity':
      return [r.what, r.amount, r.durationMs];
    case 'device':
      return [r.what, r.value];
    case 'note':
      return ['', r.text];
    case 'health':
    case 'profile':
    case 'document':
      return [r.what, r.text];
  }
}

/** Twenty-four hexadecimal digits, as Nightscout's clients expect of `_id`. */
export const toObjectId = (id: Id): string => Buffer.from(id, 'latin1').toString('hex');

export const packIds = (ids: Id[]): Uint8Array => new Uint8Array(Buffer.from(ids.join(''), 'latin1'));

export function unpackIds(bytes: Uint8Array): Id[] {
  const text = Buffer.from(bytes).toString('latin1');
  return Array.from({ length: text.length / ID_BYTES }, (_, i) =>
    text.slice(i * ID_BYTES, (i + 1) * ID_BYTES),
  );
}
