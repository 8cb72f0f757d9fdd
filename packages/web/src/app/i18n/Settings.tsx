// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import { displayMgdl, displayMmol, mgdlPerMmol } from '@islet/core/Glucose';
import type { GlucoseUnit } from '@islet/core/Reading';
import type { Stream } from '@islet/core/Stream';
import { createContext, useContext, useMemo } from 'react';
import { type Key, type Language, say, type Values } from './Language.js';

export type Theme = 'light' | 'dark' | undefined;
export type Settings = {
  language: Language;
  unit: GlucoseUnit;
  theme: Theme;
  /** What is shown: as chosen, else as the device. */
  dark: boolean;
  change: (change: { language?: Language; unit?: GlucoseUnit; theme?: Theme | null }) => void;
};

export const SettingsContext = createContext<Settings>({
  language: 'en',
  unit: 'mg/dL',
  theme: undefined,
  dark: false,
  change: () => {},
});

export type Words = ReturnType<typeof wordsOf>;

/** The reader's own country's way of the language (`en-GB`), for dates and clocks. */
type Regional = { region?: string };

/** Everything that is said, dated, counted or measured on a screen goes through here. */
export function wordsOf({
  language,
  unit,
  region = language,
}: Pick<Settings, 'language' | 'unit'> & Regional) {
  const number = (value: number, digits = 0): string =>
    new Intl.NumberFormat(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(value);
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(region, options);
  const glucose = (mgdl: number): string =>
    unit === 'mg/dL' ? number(displayMgdl(mgdl, 'mg/dL')) : number(displayMmol(mgdl, 'mg/dL'), 1);
  return {
    language,
    unit,
    t: (key: Key, values?: Values): string => say(language, key, values),
    number,
    percent: (value: number | null, digits = 0): string =>
      value === null
        ? '–'
        : new Intl.NumberFormat(language, {
            style: 'percent',
            minimumFractionDigits: digits,
            maximumFractionDigits: digits,
          }).format(value / 100),
    /** A value as shown, without its unit. */
    glucose,
    withUnit: (mgdl: number): string => `${glucose(mgdl)} ${unit}`,
    /** A difference, which is not a value: no ranges hang on its rounding. */
    spread: (mgdl: number): string => (unit === 'mg/dL' ? number(mgdl) : number(mgdl / mgdlPerMmol, 1)),
    /** A stream day. */
    day: (day: Day.Day): string =>
      format({ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
        Day.startOf(day, 0),
      ),
    shortDay: (day: Day.Day): string =>
      format({ weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
        Day.startOf(day, 0),
      ),
    /** Monday is 0. Stream day 0 was one. */
    weekday: (bit: number, width: 'short' | 'long'): string =>
      new Intl.DateTimeFormat(language, { weekday: width, timeZone: 'UTC' }).format(Day.startOf(bit, 0)),
    date: (at: number): string => format({ day: 'numeric', month: 'short', year: 'numeric' }).format(at),
    moment: (at: number): string =>
      format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(at),
    /** Along an axis: short, and the same everywhere. */
    minuteOfDay: (minute: number): string =>
      `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`,
    list: (parts: string[]): string =>
      new Intl.ListFormat(language, { style: 'long', type: 'conjunction' }).format(parts),
    streams: (streams: readonly Stream[]): string =>
      new Intl.ListFormat(language, { style: 'long', type: 'conjunction' }).format(
        streams.map((stream) => say(language, `stream.${stream}`)),
      ),
  };
}

export const useSettings = (): Settings => useContext(SettingsContext);
export function useWords(): Words {
  const settings = useSettings();
  const { language, unit } = settings;
  const region = navigator.languages?.find((one) => one.startsWith(language)) ?? language;
  return useMemo(() => wordsOf({ language, unit, region }), [language, unit, region]);
}
