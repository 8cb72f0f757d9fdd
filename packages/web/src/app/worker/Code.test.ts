// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Wallet from '@islet/client/Wallet';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Code from './Code.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const seeded = (seed: number) => (length: number) =>
  Uint8Array.from({ length }, (_, i) => (seed * 7 + i * 13 + 1) & 255);

test('law: an account’s code leads back to it, as link, in lower case, with spaces and misread letters', () => {
  fc.assert(
    fc.property(bytes(32), (account) => {
      const code = Code.ofAccount(account);
      expect(Code.toAccount(code)).toEqual(account);
      expect(Code.toAccount(`http://localhost:1/#/share?code=${code}`)).toEqual(account);
      expect(Code.toAccount(code.toLowerCase().replaceAll('-', ' '))).toEqual(account);
      expect(Code.toAccount(code.replaceAll('0', 'O').replaceAll('1', 'l'))).toEqual(account);
    }),
  );
});

test('law: a code with one wrong letter, or cut short, is refused', () => {
  fc.assert(
    fc.property(bytes(32), fc.nat(54), (account, at) => {
      const code = Code.ofAccount(account).replaceAll('-', '');
      const i = at % (code.length - 1);
      const wrong = code.slice(0, i) + (code[i] === 'A' ? 'B' : 'A') + code.slice(i + 1);
      expect(() => Code.toAccount(wrong)).toThrow(Code.BadCodeError);
      expect(() => Code.toAccount(code.slice(0, -2))).toThrow(Code.BadCodeError);
    }),
  );
});

test('law: a kit brings the whole wallet back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom('patient' as const, 'clinician' as const),
      fc.integer({ min: -1440, max: 1440 }),
      (seed, name, role, dayOffsetMinutes) => {
        const wallet = Wallet.create(name, seeded(seed));
        const kit = { wallet, role, dayOffsetMinutes };
        expect(Code.toKit(Code.ofKit(kit))).toEqual(kit);
      },
    ),
  );
});

test('a kit with a wrong letter, or of something else, is refused', () => {
  const text = Code.ofKit({ wallet: Wallet.create('Ana', seeded(3)), role: 'patient', dayOffsetMinutes: 60 });
  for (const wrong of [
    text.replace(/^.{3}/, 'AAA'),
    text.slice(0, -8),
    '',
    'hello',
    Code.ofAccount(seeded(1)(32)),
  ])
    expect(() => Code.toKit(wrong)).toThrow(Code.BadKitError);
});
