// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Paper from './Paper.js';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });

describe('bytes on paper', () => {
  test('are read back, however they were typed', () => {
    fc.assert(
      fc.property(bytes, (b) => {
        const text = Paper.write('islet/test', b, 3);
        expect(Paper.read('islet/test', text, 3)).toEqual(b);
        const typed = text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
        expect(Paper.read('islet/test', typed, 3)).toEqual(b);
      }),
    );
  });

  test('with a wrong letter, cut, or of another kind are refused', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), (b, n) => {
        const text = Paper.write('islet/test', b, 4);
        const plain = text.replaceAll('-', '');
        const at = n % (plain.length - 1);
        const wrong = plain[at] === 'A' ? 'B' : 'A';
        expect(Paper.read('islet/test', plain.slice(0, at) + wrong + plain.slice(at + 1), 4)).toBeUndefined();
        expect(Paper.read('islet/test', plain.slice(0, at), 4)).toBeUndefined();
        expect(Paper.read('islet/other', text, 4)).toBeUndefined();
        expect(Paper.read('islet/test', `${text}!`, 4)).toBeUndefined();
      }),
    );
  });

  test('are said in words as proquints are', () => {
    // The two examples of arXiv:0901.4016: 127.0.0.1 and 63.84.220.193.
    expect(Paper.words(new Uint8Array([127, 0, 0, 1]))).toBe('lusab babad');
    expect(Paper.words(new Uint8Array([63, 84, 220, 193]))).toBe('gutih tugad');
  });
});
