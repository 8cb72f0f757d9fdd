// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as Trend from './Trend.js';

const points = (...list: [minute: number, mgdl: number][]) =>
  list.map(([minute, mgdl]) => ({ at: minute * 60_000, mgdl }));

test('the speed is told by the newest value from 4 to 16 minutes before, and by nothing else', () => {
  expect(Trend.speedAt(points([0, 100], [5, 110], [8, 90], [10, 120]), 3)).toBe(2);
  expect(Trend.speedAt(points([0, 100], [17, 110]), 1)).toBeNull();
  expect(Trend.speedAt(points([0, 100], [3, 110]), 1)).toBeNull();
  expect(Trend.speedAt(points([0, 100]), 0)).toBeNull();
});

test('each arrow holds up to its limit', () => {
  const at = [-9, -3.5, -3.4, -2, -1.9, -1, -0.9, 0, 1, 1.1, 2, 2.1, 3.5, 3.6];
  expect(at.map(Trend.arrowOf)).toEqual([
    '↓↓',
    '↓↓',
    '↓',
    '↓',
    '↘',
    '↘',
    '→',
    '→',
    '→',
    '↗',
    '↗',
    '↑',
    '↑',
    '↑↑',
  ]);
});
