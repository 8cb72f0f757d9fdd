// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Code from './Code.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

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
