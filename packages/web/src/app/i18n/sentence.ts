// Copyright the Islet authors. AGPL-3.0-or-later.
// A grant in words, put together from its parts in the reader's language.
import type { Terms } from '@islet/client/Terms';
import * as Day from '@islet/core/Day';
import * as Hours from '@islet/core/Hours';
import type { Words } from './Settings.js';

/** A grant as one sentence. */
export function sentenceOf(words: Words, terms: Terms, who: string): string {
  return words.t(terms.emergency ? 'sentence.emergency' : 'sentence.frame', {
    who,
    what: whatOf(words, terms),
    bounds: boundsOf(words, terms).join(', '),
  });
}

/** What may be seen, of which days. */
export function whatOf(words: Words, terms: Terms): string {
  const live = terms.streams.every((stream) => stream === 'glucose/live');
  return live ? words.streams(terms.streams) : `${words.streams(terms.streams)} ${windowOf(words, terms)}`;
}

function windowOf({ t, day }: Words, { rollingDays, firstDay, lastDay, expiresAt, hours }: Terms): string {
  if (rollingDays === 0)
    return firstDay === lastDay
      ? t('sentence.day', { day: day(firstDay) })
      : t('sentence.days', { from: day(firstDay), to: day(lastDay) });
  const newest = t('sentence.last', { n: rollingDays });
  // Said only where it ends before the grant does.
  const ends = lastDay < Day.of(expiresAt - 1, hours.offsetMinutes);
  return ends ? `${newest} ${t('sentence.noneAfter', { day: day(lastDay) })}` : newest;
}

/** When, what for, until when and how often. */
export function boundsOf(words: Words, { hours, purpose, expiresAt, maxUses, emergency }: Terms): string[] {
  const { t } = words;
  return [
    ...(Hours.isAlways(hours) ? [] : [hoursOf(words, hours)]),
    ...((emergency && purpose === 'emergency') || purpose === 'own' ? [] : [t(`purpose.${purpose}`)]),
    t('sentence.until', { until: endOf(words, expiresAt, hours.offsetMinutes) }),
    ...(maxUses === 0 ? [] : [t('sentence.uses', { n: maxUses })]),
  ];
}

function hoursOf(words: Words, hours: Hours.Hours): string {
  const { t, minuteOfDay } = words;
  const { weekdays, fromMinute, toMinute, offsetMinutes } = hours;
  const days =
    weekdays === Hours.everyDay
      ? t('sentence.everyDay')
      : weekdays === 0b0011111
        ? t('sentence.weekdays')
        : weekdays === 0b1100000
          ? t('sentence.weekends')
          : t('sentence.on', { days: words.list(chosen(weekdays).map((bit) => words.weekday(bit, 'long'))) });
  if (fromMinute === 0 && toMinute === Hours.minutesPerDay) return days;
  const [from, to] = [minuteOfDay(fromMinute), minuteOfDay(toMinute)];
  return t('sentence.hours', { days, from, to, zone: zoneOf(offsetMinutes) });
}

/** The weekdays of a mask, Monday as 0. */
export const chosen = (mask: number): number[] =>
  [0, 1, 2, 3, 4, 5, 6].filter((bit) => ((mask >> bit) & 1) === 1);

function zoneOf(minutes: number): string {
  const [hour, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const shown = rest === 0 ? String(hour) : `${hour}:${String(rest).padStart(2, '0')}`;
  return minutes === 0 ? 'UTC' : `UTC${minutes < 0 ? '−' : '+'}${shown}`;
}

/** A day where it ends with that day; else the minute. */
const endOf = ({ t, day, moment }: Words, at: number, offsetMinutes: number): string => {
  const last = Day.of(at - 1, offsetMinutes);
  return Day.endOf(last, offsetMinutes) === at ? t('sentence.endOf', { day: day(last) }) : moment(at);
};
