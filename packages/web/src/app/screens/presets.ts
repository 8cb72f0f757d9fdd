// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Presets from '@islet/client/Presets';
import type { Terms } from '@islet/client/Terms';
import * as Day from '@islet/core/Day';
import * as Hours from '@islet/core/Hours';
import type { Purpose } from '@islet/core/Purpose';
import * as Span from '@islet/core/Span';
import type { Stream } from '@islet/core/Stream';
import { isLive } from './isLive.js';

export const presets = ['visit', 'days', 'week', 'live', 'school', 'emergency', 'study', 'review'] as const;
export type Preset = (typeof presets)[number];

/** Today, the last day that holds something, and where the person's days begin, minutes east of UTC. */
export type About = { newest: number; today: number; offsetMinutes: number };

/** Terms as a person fills them in. */
export type Draft = {
  streams: Stream[];
  /** The newest `last` days, or those from `from` to `to`. */
  rolling: boolean;
  last: string;
  from: string;
  to: string;
  until: string;
  /** Only on these weekdays, between these times. */
  hours: boolean;
  weekdays: number;
  fromTime: string;
  toTime: string;
  purpose: Purpose;
  uses: string;
  /** Each look has to state a reason. */
  emergency: boolean;
};

/** Two weeks beside today, which is not over. */
const usualDays = 15;

/** What each preset means; days that are past are counted from the last that holds something. */
export function draftOf(preset: Preset, about: About): Draft {
  const { newest, today, offsetMinutes } = about;
  const now = Day.startOf(today, offsetMinutes) + 1;
  const ending = (ahead: number): Presets.About => ({
    now,
    offsetMinutes,
    until: Day.endOf(today + ahead, offsetMinutes),
  });
  const back = (days: number): { firstDay: number; lastDay: number } => ({
    firstDay: Math.max(Day.first, newest - days + (newest === today ? 0 : 1)),
    lastDay: newest,
  });
  const study = Presets.researcher(ending(30), back(90));
  switch (preset) {
    case 'visit':
      return drawn(Presets.visit(ending(30)));
    case 'live':
      return drawn(Presets.followLive(ending(90)));
    case 'school':
      return drawn(Presets.schoolHours(ending(180)));
    case 'emergency':
      return drawn(Presets.emergency(ending(365)));
    case 'study':
      return drawn(study);
    case 'days':
      return drawn({
        ...study,
        ...{ streams: ['glucose/raw'], purpose: 'treatment', maxUses: 0, rollingDays: usualDays },
      });
    case 'week':
      return drawn({
        ...study,
        ...lastWeek(Math.min(newest, today - 1)),
        ...{ streams: ['glucose/week'], purpose: 'treatment', maxUses: 0 },
      });
    case 'review':
      return drawn({
        ...study,
        ...{ streams: ['glucose/raw', 'insulin/raw', 'carbs/raw'], purpose: 'treatment', maxUses: 0 },
      });
  }
}

/** The newest week that is over by the end of a day. */
function lastWeek(day: number): { firstDay: number; lastDay: number } {
  const { lastDay } = Span.within('glucose/week', { firstDay: day - 13, lastDay: day })!;
  return { firstDay: lastDay - 6, lastDay };
}

const two = (n: number): string => String(n).padStart(2, '0');
const clock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

/** Terms as a person would have filled them in. */
export function drawn(terms: Terms): Draft {
  const { hours, firstDay, lastDay, expiresAt } = terms;
  const bounded = !Hours.isAlways(hours);
  const { weekdays, fromMinute, toMinute } = bounded ? hours : Presets.schoolDay;
  return {
    streams: terms.streams,
    rolling: terms.rollingDays > 0,
    last: String(terms.rollingDays || usualDays),
    from: Day.format(firstDay),
    to: Day.format(lastDay),
    until: Day.format(Day.of(expiresAt - 1, hours.offsetMinutes)),
    hours: bounded,
    weekdays,
    fromTime: clock(fromMinute),
    toTime: clock(toMinute),
    purpose: terms.purpose,
    uses: String(terms.maxUses),
    emergency: terms.emergency,
  };
}

/** The chain's clock may be a moment behind ours. */
const headStartMs = 60_000;
const mostDays = 366;

/** The terms of a draft; undefined where something in it makes no sense. */
export function termsOf(draft: Draft, { today, offsetMinutes }: About, now: number): Terms | undefined {
  const untilDay = Day.parse(draft.until);
  const hours = hoursOf(draft, offsetMinutes);
  if (untilDay === undefined || untilDay < today || !hours) return undefined;
  const live = isLive(draft);
  // A follower asks once a day, so the day before still counts; with hours a day is asked for anew.
  const rollingDays = live ? (draft.hours ? 1 : 2) : draft.rolling ? Number(draft.last) : 0;
  if (!Number.isInteger(rollingDays) || rollingDays < 0 || rollingDays > mostDays) return undefined;
  if (!live && draft.rolling && rollingDays === 0) return undefined;
  const firstDay = rollingDays > 0 ? today - rollingDays + 1 : Day.parse(draft.from);
  const lastDay = rollingDays > 0 ? untilDay : Day.parse(draft.to);
  if (firstDay === undefined || lastDay === undefined || firstDay > lastDay) return undefined;
  const { streams, purpose } = draft;
  // Of half a week or half a report nothing would open.
  if (!streams.every((stream) => Span.within(stream, { firstDay, lastDay }))) return undefined;
  return {
    ...{ streams, firstDay, lastDay, rollingDays, hours, purpose },
    notBefore: now - headStartMs,
    expiresAt: Day.endOf(untilDay, offsetMinutes),
    maxUses: Number(draft.uses),
    emergency: draft.emergency,
  };
}

function hoursOf(draft: Draft, offsetMinutes: number): Hours.Hours | undefined {
  if (!draft.hours) return Hours.always(offsetMinutes);
  const [fromMinute, end] = [draft.fromTime, draft.toTime].map(minuteOf);
  if (fromMinute === undefined || end === undefined) return undefined;
  // A clock shows midnight as the beginning of a day.
  const toMinute = end === 0 ? Hours.minutesPerDay : end;
  return draft.weekdays > 0 && fromMinute < toMinute
    ? { weekdays: draft.weekdays, fromMinute, toMinute, offsetMinutes }
    : undefined;
}

function minuteOf(time: string): number | undefined {
  const found = /^(\d\d):(\d\d)/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : undefined;
}
