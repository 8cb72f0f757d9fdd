// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { concat, equal, toHex, uint64, utf8 } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import * as Days from './Day.js';
import { IsletError } from './IsletError.js';
import { type Reading, trends } from './Reading.js';
import { streams } from './Stream.js';

/** Bytes that look random and are the same on every run: SHA-256 in counter mode over a seed of words. */
export function drawn(words: string): (length: number) => Uint8Array {
  let block = 0;
  return (length) => {
    const parts: Uint8Array[] = [];
    for (let have = 0; have < length; have += 32)
      parts.push(sha256(concat(utf8(words), new Uint8Array([0]), uint64(block++))));
    return concat(...parts).slice(0, length);
  };
}

export const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

export const anyDay: fc.Arbitrary<number> = fc.integer({ min: Days.first, max: Days.last });

export const anyStream = fc.constantFrom(...streams);

/** A copy with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = new Uint8Array(bytes);
  out[bit >> 3]! ^= 1 << (bit & 7);
  return out;
}

/** Every way to cut the end off, one byte too many, and every single bit turned (every `step`th, where bytes are many). */
export function* spoilt(bytes: Uint8Array, step = 1): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length += step) yield bytes.slice(0, length);
  for (const extra of [0, 0x80, 0xf6, 0xff]) yield concat(bytes, new Uint8Array([extra]));
  for (let bit = 0; bit < bytes.length * 8; bit += step) yield flipped(bytes, bit);
}

/** What reads and writes a format. `decode` throws an `IsletError` or returns undefined for what it refuses. */
export type Codec<T> = {
  decode(bytes: Uint8Array): T | undefined | Promise<T | undefined>;
  encode(value: T): Uint8Array | Promise<Uint8Array>;
};

/** What bytes decode to, or undefined where they are refused as they ought to be. Any other error is a fault. */
export async function decoded<T>(codec: Codec<T>, bytes: Uint8Array): Promise<T | undefined> {
  try {
    return await codec.decode(bytes);
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

/** Throws where bytes are taken although they are not the one encoding of what they say. */
export async function refuseOrRepeat<T>(codec: Codec<T>, bytes: Uint8Array): Promise<void> {
  const value = await decoded(codec, bytes);
  if (value === undefined) return;
  const again = await codec.encode(value);
  if (!equal(again, bytes)) throw new Error(`${toHex(bytes)} was taken for ${toHex(again)}`);
}

const anyText = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength });
const anyAmount = fc.oneof(
  fc.nat(1000),
  fc.double({ min: 0, max: 1e9, noNaN: true }).map((n) => n + 0),
  fc.nat(10_000).map((n) => n / 10),
);
/** Ways of writing a moment that are abbreviated, nearly abbreviated, and neither. */
const anySaid = (at: number, offsetMinutes: number) => {
  const iso = (t: number) => new Date(t).toISOString();
  const local = iso(at + offsetMinutes * 60_000);
  return fc.oneof(
    fc.constantFrom(
      '',
      iso(at),
      iso(at).replace(/\.\d+/, ''),
      local.slice(0, 19),
      local.slice(0, 19).replace('T', ' '),
      local.slice(0, 16).replace('T', ' '),
      `${local.slice(8, 10)}-${local.slice(5, 7)}-${local.slice(0, 4)} ${local.slice(11, 16)}`,
      `${local.slice(5, 7)}-${local.slice(8, 10)}-${local.slice(0, 4)} ${local.slice(11, 16)}`,
    ),
    anyText(12),
  );
};
const anyCommon = fc
  .record({
    at: fc.oneof(
      fc.integer({ min: Days.startOf(Days.first + 1, 0), max: Days.endOf(Days.last - 1, 0) - 1 }),
      fc.integer({ min: Date.UTC(1961, 0), max: Date.UTC(2030, 0) }).map((at) => at - (at % 60_000)),
    ),
    offsetMinutes: fc.oneof(fc.constantFrom(0, 60, 120, -300, 345), fc.integer({ min: -1440, max: 1440 })),
    source: fc.record({
      app: fc.constantFrom('clarity', 'xDrip', '', 'ünï\ud83d\ude00'),
      device: anyText(3),
      id: fc.option(anyText(8)),
    }),
  })
  .chain((c) => anySaid(c.at, c.offsetMinutes).map((said) => ({ ...c, said })));

const anyOwn = fc.oneof(
  fc.record(
    {
      kind: fc.constant('glucose' as const),
      value: anyAmount,
      unit: fc.constantFrom('mg/dL' as const, 'mmol/L' as const),
      beyond: fc.constantFrom(null, 'low' as const, 'high' as const),
      method: fc.constantFrom('cgm' as const, 'scan' as const, 'meter' as const),
      trend: fc.constantFrom(...trends),
    },
    { requiredKeys: ['kind', 'value', 'unit', 'beyond', 'method'] },
  ),
  fc.record({
    kind: fc.constant('insulin' as const),
    units: anyAmount,
    type: fc.constantFrom('rapid' as const, 'long' as const, 'bolus' as const, 'basal' as const),
    durationMs: fc.nat(),
  }),
  fc.record({ kind: fc.constant('carbs' as const), grams: anyAmount }),
  fc.record({
    kind: fc.constant('activity' as const),
    what: fc.constantFrom('exercise' as const, 'steps' as const, 'heart-rate' as const),
    amount: anyAmount,
    durationMs: fc.nat(),
  }),
  fc.record({ kind: fc.constant('device' as const), what: anyText(8), value: fc.option(anyAmount) }),
  fc.record({ kind: fc.constant('note' as const), text: anyText(20) }),
  fc.record({
    kind: fc.constantFrom('health' as const, 'profile' as const, 'document' as const),
    what: anyText(8),
    text: fc.oneof(anyText(20), fc.json()),
  }),
);

/** A reading of any kind, of any time that Islet keeps. */
export const anyReading: fc.Arbitrary<Reading> = fc
  .tuple(anyCommon, anyOwn)
  .map(([common, own]) => ({ ...common, ...own }) as Reading);
