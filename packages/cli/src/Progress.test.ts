// Copyright the Islet authors. AGPL-3.0-or-later.
import { beforeEach, expect, test } from 'vitest';
import * as Progress from './Progress.js';

let [written, at] = ['', 0];
const sink = {
  columns: 40,
  write: (text: string) => {
    written += text;
  },
};
const now = () => at;
beforeEach(() => {
  [written, at] = ['', 0];
});

test('a bar is redrawn in place, not too often, and always at its end', () => {
  const bar = Progress.bar(sink, now);
  bar.update('sealing', 0, 4);
  bar.update('sealing', 1, 4);
  at = 100;
  bar.update('sealing', 2, 4);
  bar.update('sealing', 4, 4);
  const drawn = written.split('\r\x1b[2K').slice(1);
  expect(drawn).toEqual([
    `${'░'.repeat(24)}   0% sealing`,
    `${'█'.repeat(12)}${'░'.repeat(12)}  50% sealing`,
    `${'█'.repeat(24)} 100% sealing`,
  ]);
});

test('a bar never wraps', () => {
  Progress.bar(sink, now).update('x'.repeat(500), 1, 2);
  expect(written.length).toBe('\r\x1b[2K'.length + 39);
});

test('lines come at each new label and now and then', () => {
  const lines = Progress.lines(sink, now);
  lines.update('sealing', 0, 4);
  lines.update('sealing', 1, 4);
  at = 2_000;
  lines.update('sealing', 2, 4);
  lines.update('putting', 3, 4);
  expect(written).toBe('  0% sealing\n 50% sealing\n 75% putting\n');
});

test('work of no size is no division by zero', () => {
  Progress.lines(sink, now).update('nothing', 0, 0);
  expect(written).toBe('  0% nothing\n');
});
