// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { recoverAddressTyped, signTyped } from 'micro-eth-signer';
import { describe, expect, test } from 'vitest';
import { bytesOf, drawn, flipped, refuseOrRepeat, spoilt } from './core.testkit.js';
import { concat, fromHex, to0x, toHex, uint256 } from './crypto/bytes.js';
import * as Secp256k1 from './crypto/secp256k1.js';
import { type Struct, typeString, type Value } from './crypto/typedData.js';
import * as Message from './Message.js';
import { encodeSigned, parseSigned } from './signed.js';

const key = Secp256k1.secretKeyFrom(drawn('message'));
const structs: Struct[] = [
  Message.register,
  Message.authoriseGateway,
  Message.endGateway,
  Message.addSigner,
  Message.removeSigner,
  Message.replaceEncryptionKey,
  Message.setGuardians,
  Message.approve,
  Message.withdrawApproval,
  Message.object,
  Message.openCircle,
  Message.admit,
  Message.dismiss,
  Message.replaceCircleKey,
  Message.endCircle,
  Message.grant,
  Message.revoke,
  Message.request,
  Message.erase,
  Message.confirm,
  Message.close,
  Message.statement,
];

type Any = { chain: bigint; target: Uint8Array } & Record<string, Value>;
type Atom = Struct['fields'][number][0];

const anyOf: Record<Atom, fc.Arbitrary<Value>> = {
  uint256: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  uint64: fc.maxSafeNat(),
  uint32: fc.nat(2 ** 32 - 1),
  uint16: fc.nat(2 ** 16 - 1),
  uint8: fc.nat(2 ** 8 - 1),
  int32: fc.integer(),
  int16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  bool: fc.boolean(),
  address: bytesOf(20),
  bytes32: bytesOf(32),
  bytes: fc.uint8Array({ maxLength: 80 }),
  'bytes32[]': fc.array(bytesOf(32), { maxLength: 5 }),
};
const anyMessage = (struct: Struct): fc.Arbitrary<Any> =>
  fc.record(
    Object.fromEntries(struct.fields.map(([type, name]) => [name, anyOf[type]])),
  ) as fc.Arbitrary<Any>;

/** The message as wallets take it (eth_signTypedData_v4). */
function typedOf(struct: Struct, message: Any) {
  const plain = (value: Value): unknown => {
    if (value instanceof Uint8Array) return to0x(value);
    if (typeof value === 'boolean') return value;
    return Array.isArray(value) ? value.map(to0x) : BigInt(value);
  };
  return {
    types: { [struct.name]: struct.fields.map(([type, name]) => ({ type, name })) },
    primaryType: struct.name,
    domain: { name: 'Islet', version: '1', chainId: message.chain, verifyingContract: to0x(message.target) },
    message: Object.fromEntries(struct.fields.map(([, name]) => [name, plain(message[name]!)])),
    // biome-ignore lint/suspicious/noExplicitAny: the library infers value types from literal types
  } as any;
}

/** Another value of the same type. */
function changed(value: Value, n: number): Value {
  if (typeof value === 'bigint') return value ^ (1n << BigInt(n % 256));
  if (typeof value === 'number') return value === 5 ? 6 : 5;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return [...value, new Uint8Array(32)];
  return value.length === 0 ? new Uint8Array(1) : flipped(value, n % (value.length * 8));
}

describe.each(structs.map((s) => [s.name, s] as const))('a %s', (_, struct) => {
  const signedOf = (message: Any) => Message.sign(struct, message, key);

  test('is hashed as wallets hash it (EIP-712, by micro-eth-signer)', () => {
    fc.assert(
      fc.property(anyMessage(struct), (message) => {
        const { signer, signature } = signedOf(message);
        const typed = typedOf(struct, message);
        expect(recoverAddressTyped(to0x(signature), typed).toLowerCase()).toBe(to0x(signer));
        const theirs = fromHex(signTyped(typed, to0x(key)));
        expect(Message.verify(struct, { message, signer, signature: theirs })).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  test('changed in any field is not what was signed', () => {
    fc.assert(
      fc.property(anyMessage(struct), fc.nat(), (message, n) => {
        const signed = signedOf(message);
        expect(Message.verify(struct, signed)).toBe(true);
        for (const [, name] of struct.fields) {
          const other = { ...message, [name]: changed(message[name]!, n) };
          expect([name, Message.verify(struct, { ...signed, message: other })]).toEqual([name, false]);
        }
      }),
      { numRuns: 5 },
    );
  });

  test('signed as one kind is signed as no other, even where their fields are the same', () => {
    const [message] = fc.sample(anyMessage(struct), { numRuns: 1, seed: 1 }) as [Any];
    const digests = structs
      .filter((s) => s.fields.every(([, name]) => message[name] !== undefined))
      .map((s) => toHex(Message.digestOf(s, message)));
    expect(new Set(digests).size).toBe(digests.length);
    expect(typeString(struct)).toMatch(/^[A-Z]\w+\(uint256 chain,address target,/);
  });

  test('survives the way as bytes, and no other bytes say it', async () => {
    const codec = {
      decode: (bytes: Uint8Array) => parseSigned(struct, bytes),
      encode: (signed: ReturnType<typeof parseSigned>) => encodeSigned(struct, signed),
    };
    await fc.assert(
      fc.asyncProperty(anyMessage(struct), async (message) => {
        const signed = signedOf(message);
        const bytes = encodeSigned(struct, signed as never);
        expect(codec.decode(bytes)).toEqual(signed);
      }),
      { numRuns: 10 },
    );
    const [message] = fc.sample(anyMessage(struct), { numRuns: 1, seed: 1 }) as [Any];
    const bytes = encodeSigned(struct, signedOf(message) as never);
    for (const other of spoilt(bytes)) await refuseOrRepeat(codec, other);
  });

  test('is read as no other kind', () => {
    const [message] = fc.sample(anyMessage(struct), { numRuns: 1, seed: 1 }) as [Any];
    const bytes = encodeSigned(struct, signedOf(message) as never);
    for (const other of structs.filter((s) => s !== struct))
      expect(() => parseSigned(other, bytes)).toThrow('islet/signed');
  });
});

describe('a signed message', () => {
  const [message] = fc.sample(anyMessage(Message.revoke), { numRuns: 1, seed: 1 }) as [Any];
  const signed = Message.sign(Message.revoke, message, key);
  const verify = (change: Partial<typeof signed>) => Message.verify(Message.revoke, { ...signed, ...change });

  test('has one signature: its high-s twin, EIP-2098 and other forms are refused', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const { signature } = signed;
    const s = BigInt(to0x(signature.slice(32, 64)));
    const twin = concat(signature.slice(0, 32), uint256(order - s), new Uint8Array([55 - signature[64]!]));
    expect(verify({})).toBe(true);
    expect(verify({ signature: twin })).toBe(false);
    expect(verify({ signature: signature.slice(0, 64) })).toBe(false);
    expect(verify({ signature: concat(signature, new Uint8Array(1)) })).toBe(false);
    expect(verify({ signature: signature.with(64, signature[64]! - 27) })).toBe(false);
  });

  test('is of the signer it names and of no other, and of no other kind of signer', () => {
    expect(verify({ signer: flipped(signed.signer, 3) })).toBe(false);
    expect(verify({ signer: concat(new Uint8Array(12), signed.signer) })).toBe(false);
    expect(verify({ signer: new Uint8Array() })).toBe(false);
    expect(verify({ signer: concat(signed.signer, new Uint8Array(64)) })).toBe(false);
  });

  test('is for the chain and contract it names, in its fields and in its domain', () => {
    const on = (chain: bigint, target: Uint8Array) =>
      toHex(Message.digestOf(Message.revoke, { ...message, chain, target }));
    const target = new Uint8Array(20);
    // Beyond 2^53 too, where a number would round two chains into one.
    const all = [on(1n, target), on(2n, target), on(2n ** 60n, target), on(2n ** 60n + 1n, target)];
    expect(new Set([...all, on(1n, target.with(19, 1))]).size).toBe(5);
  });

  test('with a value that is none of its type is not signed at all', () => {
    const bad: [string, unknown][] = [
      ['grantId', new Uint8Array(31)],
      ['grantId', '0x00'],
      ['target', new Uint8Array(32)],
      ['chain', -1n],
      ['chain', 2n ** 256n],
      ['deadline', -1],
      ['deadline', 0.5],
      ['deadline', undefined],
    ];
    for (const [name, value] of bad)
      expect(() => Message.digestOf(Message.revoke, { ...message, [name]: value })).toThrow();
    const [grant] = fc.sample(anyMessage(Message.grant), { numRuns: 1, seed: 1 }) as [Any];
    expect(Message.digestOf(Message.grant, grant as never)).toHaveLength(32);
    const badGrant: [string, unknown][] = [
      ['streams', [new Uint8Array(31)]],
      ['rollingDays', 2 ** 16],
      ['weekdays', 2 ** 8],
      ['offsetMinutes', 2 ** 15],
      ['offsetMinutes', -(2 ** 15) - 1],
      ['emergency', 1],
      ['emergency', undefined],
    ];
    for (const [name, value] of badGrant)
      expect(() => Message.digestOf(Message.grant, { ...grant, [name]: value } as never)).toThrow();
  });
});
