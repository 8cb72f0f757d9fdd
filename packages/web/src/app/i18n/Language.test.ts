// Copyright the Islet authors. AGPL-3.0-or-later.
import { beforeAll, expect, test } from 'vitest';
import { catalogues, type Key, type Language, load, type Message, pick, say } from './Language.js';
import { wordsOf } from './Settings.js';

beforeAll(async () => {
  for (const language of ['de', 'es', 'fr'] as const) await load(language);
});

const formsOf = (message: Message): string[] =>
  typeof message === 'string' ? [message] : [message.one, message.other];
const placesOf = (text: string): string => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join();
const keys = Object.keys(catalogues.en) as Key[];

test.each(['de', 'es', 'fr'] as Language[])(
  '%s says everything that English says, with the same places to fill',
  (language) => {
    const theirs = catalogues[language]!;
    expect(Object.keys(theirs).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      const [ours, english] = [theirs[key], catalogues.en[key] as Message];
      expect(typeof ours, key).toBe(typeof english);
      const wanted = placesOf(formsOf(english).join());
      expect(placesOf(formsOf(ours).join()), key).toBe(wanted);
    }
  },
);

test('plurals follow the language', () => {
  expect(say('en', 'home.days', { n: 1 })).toBe('1 day');
  expect(say('en', 'home.days', { n: 14 })).toBe('14 days');
  expect(say('fr', 'home.days', { n: 0 })).toBe('0 jour');
  expect(say('de', 'import.found', { n: 4881 })).toBe('4.881 Messwerte gefunden');
});

test('the first language of the reader that we speak', () => {
  expect(pick(['pt-BR', 'fr-CA', 'en'])).toBe('fr');
  expect(pick(['ro'])).toBe('en');
});

test('glucose is written as each unit and language writes it, to the rounding edge', () => {
  const mmol = wordsOf({ language: 'en', unit: 'mmol/L' });
  expect(mmol.withUnit(100)).toBe('5.6 mmol/L');
  expect(mmol.withUnit(109)).toBe('6.1 mmol/L');
  expect(wordsOf({ language: 'de', unit: 'mmol/L' }).glucose(180)).toBe('10,0');
  expect(wordsOf({ language: 'es', unit: 'mg/dL' }).withUnit(69.5)).toBe('70 mg/dL');
});
