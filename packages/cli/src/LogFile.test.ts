// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as LogFile from './LogFile.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a log never grows beyond its bound, keeps the newest, and counts what was there at opening', () => {
  const path = join(folder, 'hub.log');
  LogFile.open(path, 10).append('12345678');
  const log = LogFile.open(path, 10);
  log.append('abc');
  expect(readFileSync(path, 'utf8')).toBe('abc');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('12345678');
  log.append('defgh');
  log.append('xyz');
  expect(readFileSync(path, 'utf8')).toBe('xyz');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('abcdefgh');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a log that cannot be written troubles nobody', () => {
  expect(() => LogFile.open(join(folder, 'missing', 'hub.log')).append('x')).not.toThrow();
});
