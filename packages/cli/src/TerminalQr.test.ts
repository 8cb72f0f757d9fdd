// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as TerminalQr from './TerminalQr.js';

test('a code in the terminal has its three corners, and a light edge all around', () => {
  const lines = TerminalQr.draw('https://islet.example.org:8443').split('\n');
  const pixels = lines.flatMap((line) => {
    const cells = [...line.slice(2)];
    return [cells.map((c) => c === '█' || c === '▀'), cells.map((c) => c === '█' || c === '▄')];
  });
  const size = pixels[0]!.length;
  const dark = (x: number, y: number): boolean => !pixels[y]![x];
  /** A square ring of seven, and a full square of three inside it. */
  const corner = (left: number, top: number): boolean =>
    Array.from({ length: 49 }, (_, i) => [i % 7, Math.floor(i / 7)] as const).every(([x, y]) => {
      const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
      return dark(left + x, top + y) === (ring !== 2);
    });
  expect([corner(2, 2), corner(size - 9, 2), corner(2, size - 9)]).toEqual([true, true, true]);
  for (let i = 0; i < size; i++)
    expect([dark(i, 0), dark(0, i), dark(i, 1), dark(1, i)]).toEqual(Array(4).fill(false));
});
