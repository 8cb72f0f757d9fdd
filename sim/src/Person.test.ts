// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Glucose } from '@islet/core/Reading';
import { describe, expect, test } from 'vitest';
import * as Person from './Person.js';
import * as Wall from './Wall.js';

const life = { firstAt: Date.UTC(2026, 9, 12), days: 30, zone: 'Europe/Madrid' };
const glucose = (seed: number) => Person.days(seed, life).filter((r): r is Glucose => r.kind === 'glucose');

describe('a virtual person', () => {
  test('lives the same life from the same seed, and another from another', () => {
    expect(Person.days(1, life)).toEqual(Person.days(1, life));
    expect(Person.days(1, life)).not.toEqual(Person.days(2, life));
  });

  test('has readings in order of time, none twice, from the first moment to the last', () => {
    const readings = Person.days(3, life);
    const times = readings.map((r) => r.at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const only = glucose(3).map((r) => r.at);
    expect(new Set(only).size).toBe(only.length);
    expect(times[0]).toBeGreaterThanOrEqual(life.firstAt - 1000);
    expect(times.at(-1)).toBeLessThan(life.firstAt + life.days * 86_400_000);
  });

  test('is measured every five minutes, give or take a second, but for gaps', () => {
    const list = glucose(4);
    const steps = list.slice(1).map((r, i) => Math.round((r.at - list[i]!.at) / 1000));
    const regular = steps.filter((s) => Math.abs(s - 300) <= 2).length;
    expect(regular / steps.length).toBeGreaterThan(0.99);
    expect(new Set(steps.filter((s) => Math.abs(s - 300) <= 2))).toEqual(new Set([298, 299, 300, 301, 302]));
    // A sensor lasts ten days, and a new one needs two hours.
    expect(steps.filter((s) => s > 7000).length).toBeGreaterThanOrEqual(2);
  });

  test('a crowd of them has the glucose of people: level, spread, time in range, few lows', () => {
    const people = Array.from({ length: 24 }, (_, i) => glucose(i).map((r) => r.value));
    const all = people.flat();
    const mean = all.reduce((a, b) => a + b) / all.length;
    const deviation = Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length);
    const share = (test: (v: number) => boolean) => (100 * all.filter(test).length) / all.length;
    expect(mean).toBeGreaterThan(140);
    expect(mean).toBeLessThan(165);
    expect((100 * deviation) / mean).toBeGreaterThan(29);
    expect((100 * deviation) / mean).toBeLessThan(38);
    expect(share((v) => v >= 70 && v <= 180)).toBeGreaterThan(62);
    expect(share((v) => v >= 70 && v <= 180)).toBeLessThan(76);
    expect(share((v) => v < 70)).toBeGreaterThan(0.5);
    expect(share((v) => v < 70)).toBeLessThan(6);
    expect(share((v) => v < 54)).toBeLessThan(1.5);
    expect(share((v) => v < 40 || v > 400)).toBe(0);
  });

  test('now and then a sensor says a word, and then the number is its limit', () => {
    const words = Array.from({ length: 24 }, (_, i) => glucose(i).filter((r) => r.beyond)).flat();
    expect(new Set(words.map((r) => `${r.beyond} ${r.value}`))).toEqual(new Set(['low 40', 'high 400']));
    expect(words.length).toBeLessThan(24 * 100);
  });

  test('glucose moves as it does in a body: not by leaps, and each value close to the last', () => {
    const list = glucose(5);
    const leaps = list
      .slice(1)
      .filter((r, i) => r.at - list[i]!.at < 310_000 && Math.abs(r.value - list[i]!.value) > 30);
    expect(leaps).toEqual([]);
  });

  test('eats, doses and moves by the clock of its zone, also across the night the clocks change', () => {
    const readings = Person.days(6, life);
    const hours = (kind: string) =>
      readings.filter((r) => r.kind === kind).map((r) => Wall.at(r.at, life.zone).hour);
    expect(Math.min(...hours('carbs'))).toBeGreaterThanOrEqual(5);
    expect(Math.max(...hours('carbs'))).toBeLessThanOrEqual(22);
    expect(readings.filter((r) => r.kind === 'insulin' && r.type === 'long').length).toBe(30);
    expect(new Set(readings.map((r) => r.offsetMinutes))).toEqual(new Set([120, 60]));
    expect(readings.filter((r) => r.kind === 'activity').length).toBeGreaterThan(3);
  });
});
