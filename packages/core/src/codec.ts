// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches cborg. Every Islet format is one CBOR array (RFC 8949, core deterministic
// encoding) that starts with its name and version; bytes that are not the one encoding of their content are refused.
import { decode as decodeCbor, encode as encodeCbor } from 'cborg';
import { equal } from './crypto/bytes.js';
import { IsletError } from './IsletError.js';

export type Item = null | boolean | number | string | Uint8Array | Item[];

export function encode(name: string, version: number, fields: Item[]): Uint8Array {
  const { buffer, byteOffset, length } = encodeCbor([name, version, ...fields]);
  // In Node the encoder gives Buffers now and then, whose `slice` shares memory instead of copying it.
  return new Uint8Array(buffer, byteOffset, length);
}

/** The fields of a format, in order, for `Fields` to take apart. */
export function decode(name: string, version: number, bytes: Uint8Array): Fields {
  let value: unknown;
  let again: Uint8Array;
  try {
    value = decodeCbor(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowBigInt: false,
    });
    // Inside, because what nests deep enough to be decoded can still be too deep to encode.
    again = encodeCbor(value);
  } catch (cause) {
    throw new MalformedError(name, 'is not CBOR', { cause });
  }
  if (!Array.isArray(value) || value[0] !== name) throw new MalformedError(name, 'is something else');
  if (value[1] !== version) throw new MalformedError(name, `has a version this program does not know`);
  if (!equal(again, bytes)) throw new MalformedError(name, 'is not in canonical form');
  return fieldsOf(name, value.slice(2));
}

/** Takes fields in order, each with its type checked. `end()` refuses what is left over. */
export type Fields = {
  bytes(length?: number): Uint8Array;
  text(maxLength?: number): string;
  /** An integer within bounds, by default 0 … 2^53-1. */
  int(min?: number, max?: number): number;
  number(): number;
  bool(): boolean;
  nullable<T>(take: (f: Fields) => T): T | null;
  list<T>(take: (f: Fields) => T, maxLength?: number): T[];
  /** A fixed tuple nested inside. */
  tuple<T>(take: (f: Fields) => T): T;
  /** Exactly this text. */
  literal(text: string): void;
  /** A 256-bit unsigned integer written in hexadecimal without leading zeros. */
  hex(): bigint;
  /** The next field as it is. */
  item(): unknown;
  end(): void;
};

export function fieldsOf(name: string, items: unknown[]): Fields {
  let next = 0;
  const fail = (what: string): never => {
    throw new MalformedError(name, `has a wrong field ${next - 1} (${what})`);
  };
  const take = (): unknown => {
    if (next >= items.length) throw new MalformedError(name, 'is too short');
    return items[next++];
  };
  const f: Fields = {
    bytes(length) {
      const v = take();
      if (!(v instanceof Uint8Array)) return fail('bytes expected');
      if (length !== undefined && v.length !== length) return fail(`${length} bytes expected`);
      return new Uint8Array(v);
    },
    text(maxLength = 1024) {
      const v = take();
      if (typeof v !== 'string' || v.length > maxLength) return fail('text expected');
      return v;
    },
    int(min = 0, max = Number.MAX_SAFE_INTEGER) {
      const v = take();
      if (!Number.isSafeInteger(v) || (v as number) < min || (v as number) > max)
        return fail('integer expected');
      return v as number;
    },
    number() {
      const v = take();
      if (typeof v !== 'number' || !Number.isFinite(v)) return fail('number expected');
      return v;
    },
    bool() {
      const v = take();
      return typeof v === 'boolean' ? v : fail('true or false expected');
    },
    nullable(inner) {
      if (items[next] === null) {
        next++;
        return null;
      }
      return inner(f);
    },
    list(inner, maxLength = 100_000) {
      const v = take();
      if (!Array.isArray(v) || v.length > maxLength) return fail('list expected');
      const inside = fieldsOf(name, v);
      const out = v.map(() => inner(inside));
      inside.end();
      return out;
    },
    tuple(inner) {
      const v = take();
      if (!Array.isArray(v)) return fail('tuple expected');
      const inside = fieldsOf(name, v);
      const out = inner(inside);
      inside.end();
      return out;
    },
    literal(text) {
      if (take() !== text) fail('another text expected');
    },
    hex() {
      const v = take();
      if (typeof v !== 'string' || !/^(0|[1-9a-f][0-9a-f]{0,63})$/.test(v))
        return fail('hexadecimal expected');
      return BigInt(`0x${v}`);
    },
    item: take,
    end() {
      if (next !== items.length) throw new MalformedError(name, 'is too long');
    },
  };
  return f;
}

/** Bytes that are not what their place says: cut, corrupted, of another version, or not canonical. */
export class MalformedError extends IsletError {
  override readonly name = 'MalformedError';
  constructor(format: string, what: string, options?: ErrorOptions) {
    super(
      'FORMAT_MALFORMED',
      `${format} ${what}. Fetch it again; if it persists, its keeper altered it.`,
      options,
    );
  }
}
