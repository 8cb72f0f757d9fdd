// Copyright the Islet authors. AGPL-3.0-or-later.
import { encode as encodeCbor } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode, type Fields, fieldsOf, type Item, MalformedError } from './codec.js';
import { spoilt } from './core.testkit.js';
import { concat, fromHex, toHex } from './crypto/bytes.js';

const anyNumber = fc
  .oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.float({ noNaN: true }))
  .filter((n) => Number.isFinite(n) && !Object.is(n, -0));
const { item: anyItem } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    anyNumber,
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('item'), { maxLength: 5 }),
  ),
}));

const itemsOf = (bytes: Uint8Array): unknown[] => {
  const f = decode('t', 1, bytes);
  const out: unknown[] = [];
  for (;;) {
    try {
      f.end();
      return out;
    } catch {
      out.push(f.item());
    }
  }
};

/** `['t', 1, …]` written by hand: a head for 2 + n items, then the bytes given. */
const byHand = (count: number, hex: string): Uint8Array =>
  concat(new Uint8Array([0x80 + 2 + count]), fromHex('617401'), fromHex(hex));
const refusal = (bytes: Uint8Array): string => {
  try {
    decode('t', 1, bytes);
    return 'taken';
  } catch (error) {
    return error instanceof MalformedError ? error.message : String(error);
  }
};

describe('the codec', () => {
  test('gives back every item it wrote', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 6 }), (items) => {
        expect(itemsOf(encode('t', 1, items))).toEqual(items);
      }),
    );
  });

  test('writes the shortest form of RFC 8949: known bytes', () => {
    const cases: [Item, string][] = [
      [0, '00'],
      [23, '17'],
      [24, '1818'],
      [255, '18ff'],
      [256, '190100'],
      [65_536, '1a00010000'],
      [2 ** 32, '1b0000000100000000'],
      [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
      [-1, '20'],
      [-25, '3818'],
      [1.5, 'f93e00'],
      [2 ** -24, 'f90001'],
      [100_000.5, 'fa47c35040'],
      [1.1, 'fb3ff199999999999a'],
      [false, 'f4'],
      [true, 'f5'],
      [null, 'f6'],
      [new Uint8Array([1, 2]), '420102'],
      ['ü', '62c3bc'],
      [[1, [2]], '82018102'],
    ];
    for (const [item, hex] of cases) expect(toHex(encode('t', 1, [item]))).toBe(toHex(byHand(1, hex)));
  });

  test('gives plain bytes of every length, never a Buffer', () => {
    for (const length of [0, 1, 100, 1000, 5000, 100_000]) {
      const bytes = encode('t', 1, [new Uint8Array(length), ...Array.from({ length: 40 }, () => length)]);
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    }
  });

  test('takes exactly one encoding of each value', () => {
    const other: [string, string][] = [
      ['a longer head of an integer', '1817'],
      ['a longer head of an integer', '1900ff'],
      ['a longer head of an integer', '1b0000000000000001'],
      ['a longer head of a negative integer', '3800'],
      ['a longer head of bytes', '580101'],
      ['a longer head of text', '780161'],
      ['a longer head of a list', '980101'],
      ['an integer as a float', 'f90000'],
      ['an integer as a float', 'fb4014000000000000'],
      ['negative zero', 'f98000'],
      ['a longer float than needed', 'fa3fc00000'],
      ['a longer float than needed', 'fb3ff8000000000000'],
      ['an indefinite list', '9f01ff'],
      ['indefinite bytes', '5f4101ff'],
      ['indefinite text', '7f6161ff'],
      ['undefined', 'f7'],
      ['an unassigned simple value', 'e0'],
      ['an integer beyond 2^53', '1b0020000000000000'],
      ['a negative integer beyond 2^53', '3b001fffffffffffff'],
      ['a tag', 'c101'],
      ['a bignum', 'c24101'],
      ['text that is no UTF-8', '61ff'],
      ['a surrogate in UTF-8', '63eda080'],
      ['a map with a key twice', 'a2616101616102'],
      ['a map out of order', 'a2616201616101'],
      ['a break', 'ff'],
      ['nothing', ''],
    ];
    for (const [what, hex] of other) {
      const message = refusal(byHand(1, hex));
      expect(`${what}: ${message}`).toMatch(/is not CBOR|is not in canonical form/);
    }
  });

  test('refuses another name, another version, bytes before or behind, and what is no list', () => {
    const bytes = encode('t', 1, [7]);
    expect(refusal(encode('u', 1, [7]))).toContain('is something else');
    expect(refusal(encode('t', 2, [7]))).toContain('version');
    expect(refusal(encodeCbor({ t: 1 }))).toContain('is something else');
    expect(refusal(encodeCbor('t'))).toContain('is something else');
    for (const extra of ['00', 'f6', 'ff', '80']) {
      expect(refusal(concat(bytes, fromHex(extra)))).toContain('is not CBOR');
      expect(refusal(concat(fromHex(extra), bytes))).not.toBe('taken');
    }
    for (let cut = 0; cut < bytes.length; cut++)
      expect(refusal(bytes.slice(0, cut))).toContain('is not CBOR');
  });

  test('never throws anything but MalformedError', () => {
    const attempt = (bytes: Uint8Array) => {
      try {
        decode('t', 1, bytes);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), attempt), { numRuns: 2000 });
    for (const bytes of spoilt(encode('t', 1, [1, [2.5, 'three', null], new Uint8Array(9), [[[]]]])))
      attempt(bytes);
  });

  test('never throws anything but MalformedError for what nests deeper than the stack', () => {
    for (let depth = 4_000; depth < 16_000; depth = Math.ceil(depth * 1.15)) {
      const bytes = byHand(1, `${'81'.repeat(depth)}00`);
      try {
        decode('t', 1, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });

  test('a claim of many items costs no memory before they are there', () => {
    for (const head of ['9affffffff', '9b001fffffffffffff', '5affffffff', '7b001fffffffffffff'])
      expect(refusal(byHand(1, head))).toContain('is not CBOR');
  });
});

describe('fields', () => {
  const refused = (items: unknown[], take: (f: Fields) => unknown): string => {
    try {
      take(fieldsOf('t', items));
      return 'taken';
    } catch (error) {
      return error instanceof MalformedError ? error.code : String(error);
    }
  };

  test('take each type and nothing that merely looks like it', () => {
    const values: unknown[] = [
      7,
      -1,
      0.5,
      2 ** 53,
      Number.NaN,
      'x',
      'longer',
      true,
      null,
      undefined,
      new Uint8Array(2),
      [1],
      {},
    ];
    const takes: [string, (f: Fields) => unknown, unknown[]][] = [
      ['bytes', (f) => f.bytes(), [new Uint8Array(2)]],
      ['bytes of a length', (f) => f.bytes(3), []],
      ['text', (f) => f.text(), ['x', 'longer']],
      ['short text', (f) => f.text(1), ['x']],
      ['an unsigned integer', (f) => f.int(), [7]],
      ['an integer in bounds', (f) => f.int(-1, 6), [-1]],
      ['a number', (f) => f.number(), [7, -1, 0.5, 2 ** 53]],
      ['a list', (f) => f.list((g) => g.int()), [[1]]],
      ['a short list', (f) => f.list((g) => g.int(), 0), []],
      ['a tuple', (f) => f.tuple((g) => g.int()), [[1]]],
      ['a tuple with more inside', (f) => f.tuple(() => 0), []],
      ['a literal', (f) => f.literal('x'), ['x']],
      ['something or null', (f) => f.nullable((g) => g.int()), [7, null]],
    ];
    for (const [what, take, taken] of takes)
      for (const value of values)
        expect([what, value, refused([value], take)]).toEqual([
          what,
          value,
          taken.some(
            (t) => Object.is(t, value) || (typeof t === 'object' && t !== null && equalItem(t, value)),
          )
            ? 'taken'
            : 'FORMAT_MALFORMED',
        ]);
  });

  test('the end is the end: nothing missing, nothing left', () => {
    const f = fieldsOf('t', [1]);
    expect(() => f.end()).toThrow(MalformedError);
    expect(f.int()).toBe(1);
    f.end();
    expect(() => f.int()).toThrow(MalformedError);
    expect(() => f.nullable((g) => g.int())).toThrow(MalformedError);
  });

  test('256-bit integers are hexadecimal without leading zeros', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (n) => {
        expect(fieldsOf('t', [n.toString(16)]).hex()).toBe(n);
      }),
    );
    for (const text of ['', '00', '01', '0x1', 'A', 'g', ' 1', '1\n', '1'.repeat(65)])
      expect(refused([text], (f) => f.hex())).toBe('FORMAT_MALFORMED');
  });

  test('bytes are a copy: changing them does not change what was decoded from', () => {
    const bytes = encode('t', 1, [new Uint8Array([1, 2, 3])]);
    decode('t', 1, bytes).bytes().fill(9);
    expect(toHex(bytes)).toBe(toHex(encode('t', 1, [new Uint8Array([1, 2, 3])])));
  });

  test('an error names the format and the field, and none of its content', () => {
    const secret = 'glucose 104';
    try {
      decode('t', 1, encode('t', 1, [secret])).int();
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toContain('t has a wrong field 0');
      expect(String(error)).not.toContain(secret);
    }
  });
});

const equalItem = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a) === JSON.stringify(b) && a?.constructor === b?.constructor;
