// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import fc from 'fast-check';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import { describe, expect, test } from 'vitest';
import * as Trie from './Trie.js';

describe('the root of a Merkle-Patricia trie', () => {
  test('of nothing is the well-known one', () => {
    expect(toHex(Trie.root([]))).toBe('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
  });

  test('of one entry is the published one', () => {
    const entry = [utf8('A'), utf8('a'.repeat(50))] as const;
    expect(toHex(Trie.root([entry]))).toBe(
      'd23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab',
    );
  });

  const list = fc.uniqueArray(fc.nat(5000), { minLength: 1, maxLength: 60 });
  const entries = (keys: number[], value: (i: number) => Uint8Array) =>
    keys.map((k) => [RLP.encode(k), value(k)] as const);

  test('does not depend on the order of the entries', () => {
    fc.assert(
      fc.property(list, (keys) => {
        const made = entries(keys, (k) => utf8(`value ${k}`));
        expect(Trie.root([...made].reverse())).toEqual(Trie.root(made));
      }),
    );
  });

  test('changes with any value, and with any entry left out', () => {
    fc.assert(
      fc.property(list, fc.nat(), (keys, pick) => {
        const made = entries(keys, (k) => utf8(`${k}`));
        const at = pick % made.length;
        const altered = made.map((e, i) => (i === at ? ([e[0], utf8('other')] as const) : e));
        expect(Trie.root(altered)).not.toEqual(Trie.root(made));
        expect(Trie.root(made.filter((_, i) => i !== at))).not.toEqual(Trie.root(made));
      }),
    );
  });

  test('is refused where one key is the beginning of another', () => {
    const value = utf8('v');
    expect(() =>
      Trie.root([
        [utf8('dog'), value],
        [utf8('dogs'), value],
      ]),
    ).toThrow(RangeError);
  });
});
