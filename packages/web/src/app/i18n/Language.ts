// Copyright the Islet authors. AGPL-3.0-or-later.
// A small message catalogue: text with {names} in it; where there is a count, one text for each plural form.
import { en } from './en.js';

export type Message = string | { one: string; other: string };
export type Key = keyof typeof en;
export type Catalogue = { readonly [K in Key]: Message };
export type Values = Record<string, string | number>;

export const languages = { en: 'English', de: 'Deutsch', es: 'Español', fr: 'Français' } as const;
export type Language = keyof typeof languages;

/** Those that were loaded. English is always there, and stands in for what is not. */
export const catalogues: { en: Catalogue } & Partial<Record<Language, Catalogue>> = { en };

const loaders: Record<Language, () => Promise<Catalogue>> = {
  en: async () => en,
  de: async () => (await import('./de.js')).de,
  es: async () => (await import('./es.js')).es,
  fr: async () => (await import('./fr.js')).fr,
};

/** Fetches the words of a language, once. Where that fails, English is spoken in its place. */
export async function load(language: Language): Promise<void> {
  if (!catalogues[language]) catalogues[language] = await loaders[language]().catch(() => en);
}

const isLanguage = (text: string): text is Language => text in languages;

/** The first language of a list that we speak, else English. */
export const pick = (wanted: readonly string[]): Language =>
  wanted.map((one) => one.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';

/** Says a message. `n` chooses its plural form; numbers are written as the language writes them. */
export function say(language: Language, key: Key, values: Values = {}): string {
  const message = (catalogues[language] ?? en)[key];
  const text = typeof message === 'string' ? message : formOf(language, message, Number(values.n ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
  });
}

const formOf = (language: Language, message: { one: string; other: string }, n: number): string =>
  new Intl.PluralRules(language).select(n) === 'one' ? message.one : message.other;
