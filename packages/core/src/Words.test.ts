// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Words from './Words.js';

describe('words of one person shown to another', () => {
  test.each([
    'For your visit on 3 February.',
    'Für Ihren Termin, Herr Größe!',
    '¿Podría ver la última semana?',
    '糖尿病の診察のため',
    'لزيارتك القادمة',
    'x',
  ])('%s is plain', (text) => {
    expect(Words.isPlain(text)).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['blank', '   '],
    ['with space around', ' x'],
    ['of several lines', 'one\ntwo'],
    ['with a tab', 'one\ttwo'],
    ['with an escape', 'a\u001b[2Jb'],
    ['turned around', 'treat\u202Etnem'],
    ['isolated', 'a\u2066b\u2069'],
    ['with a mark of direction', 'a\u200Fb'],
    ['with something that is not seen', 'a\u200Bb'],
    ['with a soft hyphen', 'a\u00ADb'],
    ['with a line separator', 'a\u2028b'],
    ['with a paragraph separator', 'a\u2029b'],
    ['with half a character', 'a\uD800b'],
    ['of private use', 'a\uE000b'],
    ['with letters as tags', 'a\u{E0041}b'],
    ['with marks piled up', 'a\u0336\u0337\u0338\u0334b'],
    ['not in normal form', 'u\u0308ber'],
    ['too long', 'a'.repeat(Words.maxLength + 1)],
  ])('%s is not', (_, text) => {
    expect(Words.isPlain(text)).toBe(false);
  });

  test('as long as they may be are plain', () => {
    expect(Words.isPlain('a'.repeat(Words.maxLength))).toBe(true);
  });

  test('typed on several lines become one line, and then stay as they are', () => {
    expect(Words.oneLine('  u\u0308ber\n\n two\tthree ')).toBe('über two three');
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(' ', '\n', '\t', '\r', '\u2028', '\u00a0', 'u', '\u0308', 'é', '😀'),
          maxLength: 40,
        }),
        (typed) => {
          const line = Words.oneLine(typed);
          expect(Words.oneLine(line)).toBe(line);
          expect(line).not.toMatch(/[\n\r\t\u2028\u2029]/u);
        },
      ),
    );
  });
});
