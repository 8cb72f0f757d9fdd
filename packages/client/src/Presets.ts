// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import * as Hours from '@islet/core/Hours';
import type { Stream } from '@islet/core/Stream';
import type { Terms } from './Terms.js';

/** What every preset needs to know: the moment, where the person's days start, and when it is to end (UTC ms). */
export type About = { now: number; offsetMinutes: number; until: number };

/** The chain's clock may be a moment behind ours. */
const headStartMs = 60_000;

const common = ({ now, offsetMinutes, until }: About) => ({
  notBefore: now - headStartMs,
  expiresAt: until,
  hours: Hours.always(offsetMinutes),
  maxUses: 0,
  emergency: false,
});

/** From so many days back, today included, until the grant ends. */
const onwards = ({ now, offsetMinutes, until }: About, daysBack: number) => ({
  firstDay: Math.max(Day.first, Day.of(now, offsetMinutes) - daysBack + 1),
  lastDay: Day.of(Math.max(now, until - 1), offsetMinutes),
});

/** Two stream days hold the last 24 hours at any time of day. */
const lastHoursDays = 2;
const live: Stream[] = ['glucose/raw'];

/** Someone close sees each value as it comes, and the last day with it. */
export const followLive = (about: About): Terms => ({
  ...common(about),
  ...onwards(about, lastHoursDays),
  streams: live,
  rollingDays: lastHoursDays,
  purpose: 'care-giving',
});

export const schoolDay = { weekdays: 31, fromMinute: 8 * 60, toMinute: 15 * 60 + 30 };

/** The school nurse follows on school days, between two times of day, and sees that day alone. */
export const schoolHours = (about: About, hours: Omit<Hours.Hours, 'offsetMinutes'> = schoolDay): Terms => ({
  ...common(about),
  ...onwards(about, 1),
  streams: live,
  rollingDays: 1,
  hours: { ...hours, offsetMinutes: about.offsetMinutes },
  purpose: 'care-giving',
});

const visitDays = 14;
/** The visit, a look before and after it, and a few that failed. */
const visitUses = 5;

/** The endocrinologist sees the days of the last two weeks one by one, as averages, a few times. */
export const visit = (about: About): Terms => ({
  ...common(about),
  // The fourteen whole days before today, and today.
  ...onwards(about, visitDays + 1),
  streams: ['glucose/day'],
  rollingDays: visitDays + 1,
  purpose: 'treatment',
  maxUses: visitUses,
});

const emergencyDays = 3;

/** Whoever helps in an emergency sees the last three days of glucose and insulin, and has to say why. */
export const emergency = (about: About): Terms => ({
  ...common(about),
  ...onwards(about, emergencyDays),
  streams: ['glucose/raw', 'insulin/raw'],
  rollingDays: emergencyDays,
  purpose: 'emergency',
  emergency: true,
});

/** A study sees daily averages of days that are past, once each time it is counted. */
export const researcher = (about: About, window: { firstDay: Day.Day; lastDay: Day.Day }): Terms => ({
  ...common(about),
  ...window,
  streams: ['glucose/day'],
  rollingDays: 0,
  purpose: 'research',
  maxUses: 1,
});
