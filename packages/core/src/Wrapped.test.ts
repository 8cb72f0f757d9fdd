// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { encode } from './codec.js';
import { drawn, flipped } from './core.testkit.js';
import { encrypt } from './crypto/aead.js';
import { utf8 } from './crypto/bytes.js';
import { hkdf } from './crypto/hash.js';
import * as Wrapped from './Wrapped.js';

const random = drawn('wrapped');
const cost = { memoryKiB: 8 * 1024, passes: 1 };
const secret = random(32);
const passkey = { credential: random(20), input: random(32), output: random(32) };
const both = () => {
  const first = Wrapped.withPassphrase(Wrapped.of(secret, random), secret, 'words', random, cost);
  return Wrapped.withPasskey(first, secret, passkey, random);
};
const phrase = (passphrase: string): Wrapped.Key => ({ kind: 'passphrase', passphrase });

describe('a wrapped secret', () => {
  test('is opened by any of its locks, also after it was written and read', () => {
    const read = Wrapped.parseWrapped(Wrapped.encodeWrapped(both()));
    expect(Wrapped.open(read, phrase('words'))).toEqual(secret);
    expect(Wrapped.open(read, { kind: 'passkey', ...passkey })).toEqual(secret);
  });

  test('is opened by no other passphrase, passkey or output', () => {
    const wrapped = both();
    expect(Wrapped.open(wrapped, phrase('word'))).toBeUndefined();
    expect(Wrapped.open(wrapped, { kind: 'passkey', ...passkey, output: random(32) })).toBeUndefined();
    expect(Wrapped.open(wrapped, { kind: 'passkey', ...passkey, credential: random(20) })).toBeUndefined();
    expect(Wrapped.open(Wrapped.of(secret, random), phrase('words'))).toBeUndefined();
  });

  test('takes one text for one passphrase, however a keyboard composes its accents', () => {
    const wrapped = Wrapped.withPassphrase(Wrapped.of(secret, random), secret, 'é', random, cost);
    expect(Wrapped.open(wrapped, phrase('e\u0301'))).toEqual(secret);
  });

  test('opens nothing with a lock of another secret put beside it', () => {
    const other = random(32);
    const theirs = Wrapped.withPassphrase(Wrapped.of(other, random), other, 'theirs', random, cost);
    const mine = both();
    expect(Wrapped.open({ ...mine, wrappers: theirs.wrappers }, phrase('theirs'))).toBeUndefined();
    // Even where whoever put it in sealed theirs for this secret's id and check.
    const { credential, input, output } = passkey;
    const nonce = random(24);
    const outer = hkdf(output, mine.id, utf8('islet/wrapped-passkey/v1'), 32);
    const context = encode('islet/wrapped', 1, [mine.id, mine.check, ['passkey', credential, input]]);
    const forge = (sealedSecret: Uint8Array): Wrapped.Wrapped => ({
      ...mine,
      wrappers: [
        { kind: 'passkey', credential, input, nonce, sealed: encrypt(outer, nonce, context, sealedSecret) },
      ],
    });
    expect(Wrapped.open(forge(secret), { kind: 'passkey', ...passkey })).toEqual(secret);
    expect(Wrapped.open(forge(other), { kind: 'passkey', ...passkey })).toBeUndefined();
  });

  test('opens nothing with any bit of a lock turned', () => {
    const wrapped = both();
    const [, one] = wrapped.wrappers as [Wrapped.Wrapper, Wrapped.Wrapper & { kind: 'passkey' }];
    const open = (change: object) =>
      Wrapped.open(
        { ...wrapped, wrappers: [{ ...one, ...change } as Wrapped.Wrapper] },
        { kind: 'passkey', ...passkey },
      );
    expect(open({})).toEqual(secret);
    expect(open({ input: flipped(one.input, 3) })).toBeUndefined();
    expect(open({ nonce: flipped(one.nonce, 3) })).toBeUndefined();
    expect(open({ sealed: flipped(one.sealed, 3) })).toBeUndefined();
  });

  test('never loses its last lock', () => {
    const wrapped = both();
    const [first, second] = wrapped.wrappers as [Wrapped.Wrapper, Wrapped.Wrapper];
    const one = Wrapped.without(wrapped, first);
    expect(Wrapped.open(one, phrase('words'))).toBeUndefined();
    expect(Wrapped.open(one, { kind: 'passkey', ...passkey })).toEqual(secret);
    expect(() => Wrapped.without(one, second)).toThrow(expect.objectContaining({ code: 'WRAPPED_LAST' }));
  });

  test('is refused where opening it would cost a machine’s memory, or a guesser nothing', () => {
    const { id, check, wrappers } = both();
    const [one] = wrappers as [Wrapped.Wrapper & { kind: 'passphrase' }];
    const bytes = (memoryKiB: number, passes: number) =>
      encode('islet/wrapped', 1, [
        id,
        check,
        [[one.kind, one.salt, memoryKiB, passes, one.nonce, one.sealed]],
      ]);
    expect(Wrapped.parseWrapped(bytes(64 * 1024, 2)).wrappers).toHaveLength(1);
    for (const [memory, passes] of [
      [2 ** 22, 1],
      [64, 1],
      [8192, 0],
      [8192, 99],
    ] as const)
      expect(() => Wrapped.parseWrapped(bytes(memory, passes))).toThrow('islet/wrapped');
  });

  test('takes no short secret, no other secret, and no seventeenth lock', () => {
    expect(() => Wrapped.of(random(31), random)).toThrow(RangeError);
    expect(() => Wrapped.withPasskey(both(), random(32), passkey, random)).toThrow(RangeError);
    let wrapped = both();
    for (let i = 0; i < 14; i++) wrapped = Wrapped.withPasskey(wrapped, secret, passkey, random);
    expect(() => Wrapped.withPasskey(wrapped, secret, passkey, random)).toThrow(RangeError);
  });
});
