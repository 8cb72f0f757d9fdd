// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import * as Span from '@islet/core/Span';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Language, languages, load } from '../i18n/Language.js';
import { wordsOf } from '../i18n/Settings.js';
import { sentenceOf } from '../i18n/sentence.js';
import { type About, type Draft, draftOf, presets, termsOf } from './presets.js';

const today = Day.parse('2026-11-23')!;
const about: About = { newest: today - 3, today, offsetMinutes: 60 };
const now = Day.startOf(today, 60) + 36_000_000;
const english = wordsOf({ language: 'en', unit: 'mg/dL', region: 'en-GB' });

test('law: every preset makes terms on every day, wherever the data end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 100_000 }), fc.nat(400), (day, age) => {
      const here = { newest: day - age, today: day, offsetMinutes: -120 };
      for (const preset of presets) {
        const at = Day.startOf(day, -120);
        const terms = termsOf(draftOf(preset, here), here, at);
        expect(terms, preset).toBeDefined();
        expect(terms!.expiresAt, preset).toBeGreaterThan(at);
      }
    }),
  );
});

test('a week is a whole one that is over', () => {
  const terms = termsOf(draftOf('week', about), about, now)!;
  expect(Span.of('glucose/week', terms.lastDay)).toEqual({
    firstDay: terms.firstDay,
    lastDay: terms.lastDay,
  });
  expect(terms.lastDay).toBeLessThan(today);
});

test.each<[string, Partial<Draft>]>([
  ['no weekday', { hours: true, weekdays: 0 }],
  ['a window over midnight', { hours: true, fromTime: '22:00', toTime: '06:00' }],
  ['no time', { hours: true, fromTime: '' }],
  ['an end that is past', { until: '2026-11-22' }],
  ['days in the wrong order', { rolling: false, from: '2026-11-10', to: '2026-11-09' }],
  ['no days', { rolling: true, last: '0' }],
  ['a number that is none', { rolling: true, last: '1.5' }],
  ['half a week', { streams: ['glucose/week'], rolling: false, from: '2026-11-10', to: '2026-11-14' }],
])('%s makes no terms', (_, part) => {
  expect(termsOf({ ...draftOf('days', about), ...part }, about, now)).toBeUndefined();
});

test('hours to midnight hold to the end of the day', () => {
  const draft = { ...draftOf('school', about), fromTime: '18:00', toTime: '00:00' };
  expect(termsOf(draft, about, now)?.hours).toMatchObject({ fromMinute: 1080, toMinute: 1440 });
});

test('each preset is one sentence of all that it bounds', () => {
  const said = presets.map((p) => sentenceOf(english, termsOf(draftOf(p, about), about, now)!, 'Mara'));
  expect(said).toEqual([
    'Mara may see the 14-day glucose report and daily glucose averages of the last 28 days, for treatment, until the end of 23 Dec 2026, at most 5 times.',
    'Mara may see every glucose reading of the last 15 days, for treatment, until the end of 23 Dec 2026.',
    'Mara may see weekly glucose averages from 9 Nov 2026 to 15 Nov 2026, for treatment, until the end of 23 Dec 2026.',
    'Mara may see the newest glucose value only, for care-giving, until the end of 21 Feb 2027.',
    'Mara may see the newest glucose value only, on weekdays 08:00–15:30 (UTC+1), for care-giving, until the end of 22 May 2027.',
    'In an emergency, and stating the reason, Mara may see every glucose reading and insulin of the last 3 days, until the end of 23 Nov 2027.',
    'Mara may see daily glucose averages from 23 Aug 2026 to 20 Nov 2026, for research, until the end of 23 Dec 2026, once.',
    'Mara may see every glucose reading, insulin, and carbs from 23 Aug 2026 to 20 Nov 2026, for treatment, until the end of 23 Dec 2026.',
  ]);
});

test('days chosen one by one, emergencies, and where rolling days end before the grant', () => {
  const terms = termsOf({ ...draftOf('school', about), weekdays: 0b0010010 }, about, now)!;
  expect(sentenceOf(english, terms, 'Mara')).toContain(', every Tuesday and Friday 08:00–15:30 (UTC+1),');
  const days = termsOf(draftOf('days', about), about, now)!;
  const broken = termsOf(draftOf('emergency', about), about, now)!;
  expect(broken).toMatchObject({ emergency: true, purpose: 'emergency', rollingDays: 3 });
  expect(sentenceOf(english, { ...days, lastDay: today }, 'Mara')).toContain('(none after 23 Nov 2026)');
  expect(sentenceOf(english, broken, 'Mara')).toMatch(
    /^In an emergency, and stating the reason, Mara may see every glucose reading and insulin of the last 3 days, until/,
  );
});

test.each(Object.keys(languages) as Language[])('%s leaves no place of a sentence open', async (language) => {
  await load(language);
  const words = wordsOf({ language, unit: 'mg/dL' });
  for (const preset of presets)
    expect(sentenceOf(words, termsOf(draftOf(preset, about), about, now)!, 'Mara')).not.toMatch(
      /[{}]|undefined/,
    );
});
