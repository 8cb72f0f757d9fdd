// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import * as Hours from '@islet/core/Hours';
import type { Stream } from '@islet/core/Stream';
import type { Terms } from './Terms.js';

const words: Record<Stream, string> = {
  'glucose/raw': 'glucose readings',
  'glucose/hour': 'hourly glucose averages',
  'glucose/day': 'daily glucose averages',
  'glucose/week': 'weekly glucose averages',
  'glucose/report': '14-day glucose reports',
  'glucose/live': 'glucose value as it comes',
  'insulin/raw': 'insulin',
  'carbs/raw': 'carbohydrates',
  'activity/raw': 'activity',
  'device/raw': 'device events',
  'note/raw': 'notes',
  'health/raw': 'health records',
  'profile/raw': 'therapy settings',
  'document/raw': 'documents',
};

/** A grant as one plain English sentence. `whose` is `your`, or a name with ’s. */
export function of(terms: Terms, reader: string, whose = 'your'): string {
  const { purpose, emergency } = terms;
  const live = terms.streams.every((s) => s === 'glucose/live');
  const opening = emergency ? `In an emergency, and stating the reason, ${reader}` : reader;
  const parts = [
    `${opening} may see ${whose} ${listed(terms.streams.map((s) => words[s]))}${live ? '' : ` ${window(terms)}`}`,
    ...hours(terms.hours),
    ...(emergency && purpose === 'emergency' ? [] : [`for ${purpose}`]),
    `until ${moment(terms.expiresAt, terms.hours.offsetMinutes)}`,
    ...uses(terms.maxUses),
  ];
  return `${parts.join(', ')}.`;
}

/** Whom a grant to a circle is for: what stands before “may see”, as `of` takes it. */
export const circle = (keeper: string, maxPeople: number): string =>
  `whoever ${keeper} lets in, at most ${maxPeople === 1 ? 'one person' : `${maxPeople} people`} at a time,`;

/** The same sentence of a grant to a circle. */
export function ofCircle(terms: Terms, keeper: string, maxPeople: number, whose = 'your'): string {
  const sentence = of(terms, circle(keeper, maxPeople), whose);
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function window({ rollingDays, firstDay, lastDay, expiresAt, hours }: Terms): string {
  if (rollingDays === 0) {
    return firstDay === lastDay ? `of ${date(firstDay)}` : `of ${date(firstDay)} to ${date(lastDay)}`;
  }
  const newest = rollingDays === 1 ? 'of the same day' : `of the last ${rollingDays} days`;
  // Said only where it ends before the grant does.
  const ends = lastDay < Day.of(expiresAt - 1, hours.offsetMinutes);
  return ends ? `${newest}, none after ${date(lastDay)}` : newest;
}

function hours(h: Hours.Hours): string[] {
  if (Hours.isAlways(h)) return [];
  const days = weekdays(h.weekdays);
  if (h.fromMinute === 0 && h.toMinute === Hours.minutesPerDay) return [days];
  return [`${days} ${clock(h.fromMinute)}–${clock(h.toMinute)} (${offset(h.offsetMinutes)})`];
}

const weekdayNames = ['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays'];

function weekdays(mask: number): string {
  if (mask === Hours.everyDay) return 'every day';
  if (mask === 0b0011111) return 'on weekdays';
  if (mask === 0b1100000) return 'at weekends';
  return `on ${listed(weekdayNames.filter((_, bit) => ((mask >> bit) & 1) === 1))}`;
}

const uses = (n: number): string[] => (n === 0 ? [] : [n === 1 ? 'once' : `at most ${n} times`]);

const listed = (all: string[]): string =>
  all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;

const two = (n: number): string => String(n).padStart(2, '0');
const clock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

function offset(minutes: number): string {
  if (minutes === 0) return 'UTC';
  return `UTC${minutes < 0 ? '−' : '+'}${clock(Math.abs(minutes))}`;
}

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

function date(day: Day.Day): string {
  const [year, month, of] = Day.format(day).split('-').map(Number) as [number, number, number];
  return `${of} ${months[month - 1]} ${year}`;
}

/** A day where it ends with that day; else the minute. */
function moment(at: number, offsetMinutes: number): string {
  const day = Day.of(at, offsetMinutes);
  const minutes = Math.floor((at - Day.startOf(day, offsetMinutes)) / 60_000);
  // What ends at midnight holds all of the day before.
  return minutes === 0
    ? `the end of ${date(day - 1)}`
    : `${date(day)}, ${clock(minutes)} (${offset(offsetMinutes)})`;
}
