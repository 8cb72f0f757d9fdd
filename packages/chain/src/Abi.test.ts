// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import * as Abi from './Abi.js';
import { compileProbe, probeAbi } from './solidity.testkit.js';
import type { Hex } from './Wire.js';

const sized = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
const address = sized(20).map((b): Hex => to0x(b));
const int32 = fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n);
const grant = fc.record({
  chain: fc.bigInt(0n, 2n ** 256n - 1n),
  target: address,
  grantId: sized(32),
  streams: fc.array(sized(32), { maxLength: 5 }),
  firstDay: int32,
  windows: fc.array(fc.record({ firstDay: int32, lastDay: int32 }), { maxLength: 4 }),
  signer: fc.uint8Array({ maxLength: 130 }),
});
const badAbi = expect.objectContaining({ code: 'CHAIN_BAD_ABI' });

test('the typed interface used in these tests is the one the compiler gives', () => {
  const strip = (item: unknown): unknown =>
    Array.isArray(item)
      ? item.map(strip)
      : item && typeof item === 'object'
        ? Object.fromEntries(
            Object.entries(item)
              .filter(
                ([k, v]) => !['internalType', 'stateMutability', 'anonymous'].includes(k) && v !== false,
              )
              .map(([k, v]) => [k, strip(v)]),
          )
        : item;
  expect(strip(probeAbi)).toEqual(strip(compileProbe().abi));
});

describe('a call', () => {
  test('is what it was after being encoded and decoded', () => {
    fc.assert(
      fc.property(grant, fc.uint8Array({ maxLength: 100 }), (g, signature) => {
        const data = Abi.encodeCall(probeAbi, 'grant', { g, signature });
        expect(plain(Abi.decodeCall(probeAbi, 'grant', data))).toEqual({ g, signature });
      }),
    );
  });

  test('begins with the first four bytes of the hash of its signature', () => {
    const id = new Uint8Array(32).fill(9);
    const selector = to0x(keccak256(new TextEncoder().encode('revoke(bytes32)')).slice(0, 4));
    expect(Abi.encodeCall(probeAbi, 'revoke', { id })).toBe(selector + '09'.repeat(32));
    expect(Abi.encodeCall(probeAbi, 'bare', {})).toMatch(/^0x[0-9a-f]{8}$/);
  });

  test('of another function is not taken for this one', () => {
    const data = Abi.encodeCall(probeAbi, 'bare', {});
    expect(Abi.decodeCall(probeAbi, 'count', data)).toBeUndefined();
  });

  test('whose parts stand in another order than the one that everybody writes is refused', () => {
    const signature = new Uint8Array(32).fill(1);
    const data = fromHex(Abi.encodeCall(probeAbi, 'grant', { g: sample(), signature })).slice(4);
    const at = Number(BigInt(to0x(data.slice(32, 64))));
    const [g, tail] = [data.slice(64, at), data.slice(at)];
    const word = (n: number) => fromHex(n.toString(16).padStart(64, '0'));
    const swapped = Buffer.concat([word(64 + tail.length), word(64), tail, g]);
    const selector = Abi.encodeCall(probeAbi, 'grant', { g: sample(), signature }).slice(0, 10);
    const call = `${selector}${swapped.toString('hex')}` as Hex;
    expect(() => Abi.decodeCall(probeAbi, 'grant', call)).toThrow(badAbi);
  });

  test('with arguments that do not fit their types is refused', () => {
    const bad = { many: -1n, size: 0n };
    expect(() => Abi.encodeCall(probeAbi, 'note', bad)).toThrow(badAbi);
    expect(() => Abi.encodeCall(probeAbi, 'revoke', { id: new Uint8Array(31) })).toThrow(badAbi);
    expect(() => Abi.encodeCall(probeAbi, 'revoke', {} as never)).toThrow(badAbi);
    const tooLarge = {
      chain: 0n,
      target: '0x',
      grantId: new Uint8Array(32),
      streams: [],
      firstDay: 2n ** 31n,
    };
    expect(() => Abi.encodeCall(probeAbi, 'echo', { g: tooLarge as never })).toThrow(badAbi);
  });

  test('of an unknown function is refused', () => {
    expect(() => Abi.encodeCall(probeAbi, 'nothing' as 'bare', {})).toThrow(badAbi);
  });
});

/** A log of the grant event as the chain would keep it. */
function granted(g: Awaited<ReturnType<typeof sample>>, signature: Uint8Array, relay: Hex): Abi.LogData {
  const data = `0x${Abi.encodeCall(probeAbi, 'grant', { g, signature }).slice(10)}` as Hex;
  const topics: Hex[] = [
    Abi.topicOf(probeAbi, 'Granted'),
    to0x(g.grantId),
    `0x${relay.slice(2).padStart(64, '0')}`,
  ];
  return { topics, data };
}
const sample = () => fc.sample(grant, { numRuns: 1, seed: 5 })[0]!;
const relay: Hex = `0x${'ab'.repeat(20)}`;

describe('a log', () => {
  test('is read by its names, indexed and not', () => {
    fc.assert(
      fc.property(grant, address, fc.uint8Array({ maxLength: 70 }), (g, by, signature) => {
        const decoded = Abi.decodeLog(probeAbi, granted(g, signature, by));
        if (decoded?.name !== 'Granted') throw new Error('not the event');
        expect(plain(decoded.args)).toEqual({ grantId: g.grantId, relay: by, grant: g, signature });
        expectTypeOf(decoded.args.relay).toEqualTypeOf<Hex>();
        expectTypeOf(decoded.args.grant.windows).toEqualTypeOf<{ firstDay: bigint; lastDay: bigint }[]>();
        expectTypeOf(decoded.args.grant.streams).toEqualTypeOf<Uint8Array[]>();
      }),
    );
  });

  test('without arguments has none, and may not carry data', () => {
    const topics = [Abi.topicOf(probeAbi, 'Bare')];
    expect(Abi.decodeLog(probeAbi, { topics, data: '0x' })).toEqual({ name: 'Bare', args: {} });
    expect(() => Abi.decodeLog(probeAbi, { topics, data: `0x${'00'.repeat(32)}` })).toThrow(badAbi);
  });

  test('of an event that the interface does not have is nobody’s', () => {
    expect(Abi.decodeLog(probeAbi, { topics: [`0x${'12'.repeat(32)}`], data: '0x' })).toBeUndefined();
    expect(Abi.decodeLog(probeAbi, { topics: [], data: '0x' })).toBeUndefined();
  });

  test('with a topic too few, too many, or not a value of its type is refused', () => {
    const log = granted(sample(), new Uint8Array(65), relay);
    expect(() => Abi.decodeLog(probeAbi, { ...log, topics: log.topics.slice(0, 2) })).toThrow(badAbi);
    expect(() => Abi.decodeLog(probeAbi, { ...log, topics: [...log.topics, log.topics[1]!] })).toThrow(
      badAbi,
    );
    const dirty: Hex = `0x${'01'.padEnd(24, '0')}${relay.slice(2)}`;
    expect(() =>
      Abi.decodeLog(probeAbi, { ...log, topics: [log.topics[0]!, log.topics[1]!, dirty] }),
    ).toThrow(badAbi);
  });

  test('cut short anywhere, or longer, is refused', () => {
    const log = granted(sample(), new Uint8Array(65), relay);
    for (let end = 2; end < log.data.length; end += 62) {
      expect(() => Abi.decodeLog(probeAbi, { ...log, data: log.data.slice(0, end) as Hex })).toThrow(badAbi);
    }
    expect(() => Abi.decodeLog(probeAbi, { ...log, data: `${log.data}${'00'.repeat(32)}` })).toThrow(badAbi);
  });

  test('with any bit flipped either is refused or says something else: no value has two encodings', () => {
    const log = granted(sample(), new Uint8Array(65), relay);
    const real = fromHex(log.data);
    const meant = JSON.stringify(Abi.decodeLog(probeAbi, log), bigints);
    for (let bit = 0; bit < real.length * 8; bit += 3) {
      const altered = real.slice();
      altered[bit >> 3]! ^= 1 << (bit & 7);
      let said: string | undefined;
      try {
        said = JSON.stringify(Abi.decodeLog(probeAbi, { ...log, data: to0x(altered) }), bigints);
      } catch (error) {
        expect(error).toEqual(badAbi);
      }
      expect(said).not.toBe(meant);
    }
  });
});

describe('an error', () => {
  const topic = (signature: string) => to0x(keccak256(new TextEncoder().encode(signature)).slice(0, 4));

  test('is read by its name', () => {
    const data =
      `${topic('ConsentAlreadyRevoked(bytes32,uint64)')}${'09'.repeat(32)}${'07'.padStart(64, '0')}` as Hex;
    expect(Abi.decodeError(probeAbi, data)).toEqual({
      name: 'ConsentAlreadyRevoked',
      args: { grantId: new Uint8Array(32).fill(9), at: 7n },
    });
    expect(Abi.decodeError(probeAbi, topic('NotAMember()'))).toEqual({ name: 'NotAMember', args: {} });
  });

  test('that is unknown, or malformed, has no name', () => {
    expect(Abi.decodeError(probeAbi, '0x')).toBeUndefined();
    expect(Abi.decodeError(probeAbi, '0x12345678')).toBeUndefined();
    expect(Abi.decodeError(probeAbi, topic('ConsentAlreadyRevoked(bytes32,uint64)'))).toBeUndefined();
  });
});

const bigints = (_: string, v: unknown) => (typeof v === 'bigint' ? `${v}` : v);
/** The library gives objects without a prototype. */
const plain = (v: unknown): unknown => structuredClone(v);
