// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import * as Hours from '@islet/core/Hours';
import { describe, expect, test } from 'vitest';
import * as Presets from './Presets.js';
import * as Sentence from './Sentence.js';
import type { Terms } from './Terms.js';

const offsetMinutes = 120;
const day = (text: string): Day.Day => Day.parse(text)!;
const now = Date.UTC(2026, 10, 23, 9, 12);
const until = Day.endOf(day('2026-12-01'), offsetMinutes);
const about = { now, offsetMinutes, until };

const terms: Terms = {
  streams: ['glucose/day'],
  firstDay: day('2026-11-01'),
  lastDay: day('2026-11-14'),
  rollingDays: 0,
  notBefore: now,
  expiresAt: until,
  hours: Hours.always(offsetMinutes),
  purpose: 'treatment',
  maxUses: 0,
  emergency: false,
};

describe('a grant as a sentence', () => {
  test('says who, what, which days, what for and until when', () => {
    expect(Sentence.of(terms, 'Dr. Pop')).toBe(
      'Dr. Pop may see your daily glucose averages of 1 November 2026 to 14 November 2026, for treatment, until the end of 1 December 2026.',
    );
  });

  test('says who lets people into a circle, and how many', () => {
    expect(Sentence.ofCircle(terms, 'Mum', 3)).toMatch(
      /^Whoever Mum lets in, at most 3 people at a time, may see your daily glucose averages of /,
    );
    expect(Sentence.ofCircle({ ...terms, emergency: true }, 'Mum', 1, 'Ana’s')).toMatch(
      /^In an emergency, and stating the reason, whoever Mum lets in, at most one person at a time, may see Ana’s /,
    );
  });

  test('says whatever else it is bound by', () => {
    const bound: Terms = {
      ...terms,
      streams: ['glucose/hour', 'insulin/raw', 'carbs/raw'],
      rollingDays: 14,
      lastDay: day('2026-12-01'),
      hours: { weekdays: 31, fromMinute: 480, toMinute: 960, offsetMinutes },
      maxUses: 5,
    };
    expect(Sentence.of(bound, 'Mercy’s on-call endocrinology', 'Ana’s')).toBe(
      'Mercy’s on-call endocrinology may see Ana’s hourly glucose averages, insulin and carbohydrates of the last 14 days, on weekdays 08:00–16:00 (UTC+02:00), for treatment, until the end of 1 December 2026, at most 5 times.',
    );
  });

  test.each([
    [{ lastDay: day('2026-11-01') }, 'of 1 November 2026,'],
    [{ rollingDays: 1, lastDay: day('2026-12-01') }, 'of the same day, for'],
    [{ rollingDays: 3 }, 'of the last 3 days, none after 14 November 2026,'],
    [{ maxUses: 1 }, 'December 2026, once.'],
    [{ hours: { ...terms.hours, weekdays: 96 } }, ', at weekends, for'],
    [{ hours: { ...terms.hours, weekdays: 0b10101 } }, ', on Mondays, Wednesdays and Fridays, for'],
    [{ hours: { ...terms.hours, fromMinute: 5 } }, ', every day 00:05–24:00 (UTC+02:00), for'],
    [{ expiresAt: until + 90 * 60_000 }, 'until 2 December 2026, 01:30 (UTC+02:00).'],
    [
      { hours: { weekdays: 1, fromMinute: 0, toMinute: 60, offsetMinutes: -330 } },
      ', on Mondays 00:00–01:00 (UTC−05:30), for',
    ],
  ] satisfies [Partial<Terms>, string][])('says %j as it is', (change, part) => {
    expect(Sentence.of({ ...terms, ...change }, 'X')).toContain(part);
  });
});

describe('the presets, as sentences', () => {
  test.each([
    [
      Presets.followLive(about),
      'X may see your glucose value as it comes, for care-giving, until the end of 1 December 2026.',
    ],
    [
      Presets.schoolHours(about),
      'X may see your glucose value as it comes, on weekdays 08:00–15:30 (UTC+02:00), for care-giving, until the end of 1 December 2026.',
    ],
    [
      Presets.visit(about),
      'X may see your 14-day glucose reports and daily glucose averages of the last 28 days, for treatment, until the end of 1 December 2026, at most 5 times.',
    ],
    [
      Presets.emergency(about),
      'In an emergency, and stating the reason, X may see your glucose readings and insulin of the last 3 days, until the end of 1 December 2026.',
    ],
    [
      Presets.researcher(about, { firstDay: day('2026-08-01'), lastDay: day('2026-10-31') }),
      'X may see your daily glucose averages of 1 August 2026 to 31 October 2026, for research, until the end of 1 December 2026, once.',
    ],
  ])('%#', (preset, sentence) => {
    expect(Sentence.of(preset, 'X')).toBe(sentence);
  });

  test('open from their first day to the day they end', () => {
    const { firstDay, lastDay } = Presets.visit(about);
    expect([Day.format(firstDay), Day.format(lastDay)]).toEqual(['2026-10-27', '2026-12-01']);
  });
});
