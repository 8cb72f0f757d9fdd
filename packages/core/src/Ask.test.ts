// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Ask from './Ask.js';
import * as AskAnswer from './AskAnswer.js';
import { anyDay, bytesOf, drawn, flipped } from './core.testkit.js';
import * as Xwing from './crypto/xwing.js';
import { grantable } from './Purpose.js';
import { streams } from './Stream.js';
import type { Terms } from './Terms.js';

const random = drawn('asks');
const [patientSeed, strangerSeed, askerSeed] = [random(32), random(32), random(32)];
const patientKey = Xwing.publicKeyOf(patientSeed);

const ordered = (of: fc.Arbitrary<number>) =>
  fc.uniqueArray(of, { minLength: 2, maxLength: 2 }).map((two) => two.sort((a, b) => a - b));

const anyTerms: fc.Arbitrary<Terms> = fc
  .record({
    streams: fc.uniqueArray(fc.constantFrom(...streams), { minLength: 1 }),
    days: ordered(anyDay),
    rollingDays: fc.nat(65_535),
    times: ordered(fc.nat(2 ** 45)),
    weekdays: fc.integer({ min: 1, max: 127 }),
    minutes: ordered(fc.nat(1_439)),
    offsetMinutes: fc.integer({ min: -840, max: 840 }),
    purpose: fc.constantFrom(...grantable),
    maxUses: fc.nat(2 ** 32 - 1),
    emergency: fc.boolean(),
  })
  .map(({ days, times, minutes, weekdays, offsetMinutes, ...terms }) => ({
    ...terms,
    ...{ firstDay: days[0]!, lastDay: days[1]!, notBefore: times[0]!, expiresAt: times[1]! },
    hours: { weekdays, fromMinute: minutes[0]!, toMinute: minutes[1]!, offsetMinutes },
  }));
const anyAsk: fc.Arbitrary<Ask.Ask> = fc.record({
  reader: bytesOf(32),
  terms: anyTerms,
  why: fc.stringMatching(/^[A-Za-zäé.]([A-Za-zäé., ]{0,298}[A-Za-zäé.])?$/),
});
const place: Ask.Place = {
  asker: random(32),
  patient: random(32),
  id: random(32),
  deadline: 1_800_000_000_000,
};
const visit: Ask.Ask = {
  reader: place.asker,
  terms: {
    ...{ streams: ['glucose/day'], firstDay: 46_000, lastDay: 46_100, rollingDays: 28, maxUses: 5 },
    ...{ notBefore: 1_000, expiresAt: 2_000, purpose: 'treatment', emergency: false },
    hours: { weekdays: 127, fromMinute: 0, toMinute: 1_440, offsetMinutes: 60 },
  },
  why: 'For your visit.',
};

describe('an ask', () => {
  test('says after its way exactly what was asked', () => {
    fc.assert(
      fc.property(anyAsk, (ask) => {
        expect(Ask.parseAsk(Ask.encodeAsk(ask))).toEqual(ask);
      }),
    );
    const sealed = Ask.parseSealed(Ask.encodeSealed(Ask.seal(visit, place, patientKey, random)));
    expect(Ask.open(sealed, patientSeed)).toEqual(visit);
  });

  test('opens for its patient alone, and in its own place alone', () => {
    const sealed = Ask.seal(visit, place, patientKey, random);
    expect(Ask.open(sealed, strangerSeed)).toBeUndefined();
    for (const moved of [
      { asker: random(32) },
      { patient: random(32) },
      { id: random(32) },
      { deadline: place.deadline + 1 },
      { sealed: flipped(sealed.sealed, 9_000) },
    ])
      expect(Ask.open({ ...sealed, ...moved }, patientSeed)).toBeUndefined();
  });

  test('is as long sealed with a long why as with a short one, up to some words', () => {
    const long = Ask.seal({ ...visit, why: 'a'.repeat(100) }, place, patientKey, random);
    expect(long.sealed.length).toBe(Ask.seal(visit, place, patientKey, random).sealed.length);
  });

  const { terms } = visit;
  test.each<[string, Partial<Ask.Ask>]>([
    ['no stream', { terms: { ...terms, streams: [] } }],
    ['a stream twice', { terms: { ...terms, streams: ['glucose/day', 'glucose/day'] } }],
    ['a stream that is not', { terms: { ...terms, streams: ['glucose/all' as never] } }],
    ['days that end before they begin', { terms: { ...terms, lastDay: 45_999 } }],
    ['an end before its beginning', { terms: { ...terms, expiresAt: 1_000 } }],
    [
      'hours over midnight',
      { terms: { ...terms, hours: { ...terms.hours, fromMinute: 600, toMinute: 60 } } },
    ],
    ['no weekday', { terms: { ...terms, hours: { ...terms.hours, weekdays: 0 } } }],
    ['an offset of no place', { terms: { ...terms, hours: { ...terms.hours, offsetMinutes: 841 } } }],
    ['the purpose that is the patient’s own', { terms: { ...terms, purpose: 'own' } }],
    ['a purpose of its own making', { terms: { ...terms, purpose: 'nothing much' as never } }],
    ['no why', { why: '' }],
    ['an over-long why', { why: 'a'.repeat(301) }],
    ['a why that turns its text around', { why: 'see \u202Eyadot\u202C only' }],
    ['a why of several lines', { why: 'one\ntwo' }],
    ['a reader of another length', { reader: random(31) }],
  ])('with %s is refused', (_, part) => {
    const bytes = Ask.encodeAsk({ ...visit, ...part });
    expect(() => Ask.parseAsk(bytes)).toThrow(/Fetch it again|stream/);
  });

  test('is open until its deadline, which lies no farther off than asks may wait', () => {
    const askedAt = place.deadline - Ask.maxLife;
    expect(Ask.isOpen(place, askedAt, place.deadline - 1)).toBe(true);
    expect(Ask.isOpen(place, askedAt, place.deadline)).toBe(false);
    expect(Ask.isOpen(place, askedAt - 1, place.deadline - 1)).toBe(false);
  });
});

describe('an answer to an ask', () => {
  const askerKey = Xwing.publicKeyOf(askerSeed);

  test.each<AskAnswer.Answer>([
    { grantId: random(32), word: null },
    { grantId: null, word: null },
    { grantId: null, word: 'Not before the visit.' },
  ])('is read by its asker alone, about its ask alone', (answer) => {
    const sealed = AskAnswer.parseSealed(
      AskAnswer.encodeSealed(AskAnswer.seal(answer, place, askerKey, random)),
    );
    expect(AskAnswer.open(sealed, askerSeed)).toEqual(answer);
    expect(AskAnswer.open(sealed, strangerSeed)).toBeUndefined();
    for (const moved of [{ asker: random(32) }, { patient: random(32) }, { id: random(32) }])
      expect(AskAnswer.open({ ...sealed, ...moved }, askerSeed)).toBeUndefined();
  });

  test('does not show on its way whether it is a yes', () => {
    const length = (answer: AskAnswer.Answer) =>
      AskAnswer.seal(answer, place, askerKey, random).sealed.length;
    expect(length({ grantId: random(32), word: null })).toBe(length({ grantId: null, word: 'No, sorry.' }));
  });

  test('with a word that is not plain is refused', () => {
    const bytes = AskAnswer.encodeAnswer({ grantId: null, word: 'a\u202Eb' });
    expect(() => AskAnswer.parseAnswer(bytes)).toThrow('Fetch it again');
  });
});
