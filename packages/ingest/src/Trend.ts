// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Trend, trends } from '@islet/core/Reading';

/** Words are written `FortyFiveUp`, `fortyFiveUp`, `FORTY_FIVE_UP`, with spaces or without. */
const plain = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');

const words = new Map<string, Trend>(trends.map((trend) => [plain(trend), trend]));

/** Dexcom's and Nightscout's numbers, from 0. */
const numbers = trends.slice(0, 10);

/** An arrow as Dexcom's world says it: one of its words, or their numbers. Undefined for anything else. */
export function of(value: unknown): Trend | undefined {
  if (typeof value === 'number') return numbers[value];
  return typeof value === 'string' && value.length <= 32 ? words.get(plain(value)) : undefined;
}

/** LibreView's five arrows, from falling fast to rising fast, from 1. */
const libre: (Trend | undefined)[] = [
  undefined,
  'SingleDown',
  'FortyFiveDown',
  'Flat',
  'FortyFiveUp',
  'SingleUp',
];

export const ofLibre = (value: unknown): Trend | undefined =>
  typeof value === 'number' ? libre[value] : undefined;

/** The arrow as the part of a reading that it is, where there is one. */
export const part = (trend: Trend | undefined): { trend?: Trend } => (trend === undefined ? {} : { trend });
