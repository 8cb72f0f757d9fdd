// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Presets from '@islet/client/Presets';
import type { Terms } from '@islet/client/Terms';
import * as Day from '@islet/core/Day';
import { always } from '@islet/core/Hours';
import { IsletError } from '@islet/core/IsletError';
import type { Purpose } from '@islet/core/Purpose';
import { isStream, type Stream, streams } from '@islet/core/Stream';
import { dayOf, rangeOf, untilOf } from './Dates.js';
import * as Hours from './Hours.js';

export const presets = ['follow', 'school', 'visit', 'emergency', 'research'] as const;

export type Options = {
  until: string;
} & Changes;

/** What is said of terms that there are. */
export type Changes = {
  preset?: (typeof presets)[number];
  streams?: string;
  from?: string;
  to?: string;
  last?: string;
  until?: string;
  hours?: string;
  weekdays?: string;
  purpose?: Purpose;
  uses?: string;
  emergency?: boolean;
};

/**
 * The terms that options stand for: those of the preset, or unbound ones, changed by whatever else is said.
 * Throws `CLI_UNKNOWN_STREAM`, `CLI_BAD_…` and `CLI_GRANT_UNSAID`.
 */
export function of(options: Options, { now, offsetMinutes }: Omit<Presets.About, 'until'>): Terms {
  const about = { now, offsetMinutes, until: untilOf(options.until) };
  const start = options.preset ? presetOf(options.preset, options, about) : unbound(options, about);
  return changed(start, options);
}

/** Terms that somebody else asked for, changed by whatever is said. Throws `CLI_UNKNOWN_STREAM` and `CLI_BAD_…`. */
export const asAsked = (asked: Terms, options: Changes): Terms =>
  changed({ ...asked, ...(options.until !== undefined && { expiresAt: untilOf(options.until) }) }, options);

function changed(start: Terms, options: Changes): Terms {
  const { from, to } = options;
  const terms: Terms = {
    ...start,
    ...(options.streams !== undefined && { streams: streamsOf(options.streams) }),
    ...(from !== undefined && { firstDay: dayOf(from, '--from') }),
    ...(to !== undefined && { lastDay: dayOf(to, '--to') }),
    ...(options.last !== undefined && { rollingDays: number(options.last, 1, 65_535, '--last') }),
    ...(options.uses !== undefined && { maxUses: number(options.uses, 0, 1_000_000, '--uses') }),
    ...(options.purpose !== undefined && { purpose: options.purpose }),
    ...(options.emergency && { emergency: true }),
    hours: Hours.parse(options, start.hours),
  };
  rangeOf(Day.format(terms.firstDay), Day.format(terms.lastDay));
  return terms;
}

function presetOf(name: (typeof presets)[number], { from, to }: Options, about: Presets.About): Terms {
  switch (name) {
    case 'follow':
      return Presets.followLive(about);
    case 'school':
      return Presets.schoolHours(about);
    case 'visit':
      return Presets.visit(about);
    case 'emergency':
      return Presets.emergency(about);
    case 'research':
      if (from === undefined || to === undefined) throw new UnsaidError('--from and --to');
      return Presets.researcher(about, rangeOf(from, to));
  }
}

/** With `--last`, days begin so far back; else they must be said. */
function unbound({ streams: list, from, to, last }: Options, about: Presets.About): Terms {
  if (list === undefined) throw new UnsaidError('--streams');
  if (last === undefined && (from === undefined || to === undefined))
    throw new UnsaidError('--from and --to, or --last');
  const { now, offsetMinutes, until } = about;
  const days = last === undefined ? 0 : number(last, 1, 65_535, '--last');
  return {
    streams: streamsOf(list),
    firstDay: Math.max(Day.first, Day.of(now, offsetMinutes) - days + 1),
    lastDay: Day.of(Math.max(now, until - 1), offsetMinutes),
    rollingDays: days,
    // A minute back: the chain's clock may be a moment behind ours.
    notBefore: now - 60_000,
    expiresAt: until,
    hours: always(offsetMinutes),
    purpose: 'treatment',
    maxUses: 0,
    emergency: false,
  };
}

function streamsOf(list: string): Stream[] {
  const wanted = list.split(',').map((s) => s.trim());
  const known = wanted.filter(isStream);
  if (known.length !== wanted.length || known.length === 0) throw new UnknownStreamError();
  return [...new Set(known)];
}

function number(text: string, min: number, max: number, option: string): number {
  const value = Number(text);
  if (!/^\d{1,7}$/.test(text) || value < min || value > max) throw new BadNumberError(option, min, max);
  return value;
}

export class UnknownStreamError extends IsletError {
  override readonly name = 'GrantTerms.UnknownStreamError';
  constructor() {
    super('CLI_UNKNOWN_STREAM', `--streams takes some of: ${streams.join(', ')}.`);
  }
}

export class BadNumberError extends IsletError {
  override readonly name = 'GrantTerms.BadNumberError';
  constructor(option: string, min: number, max: number) {
    super(
      option === '--last' ? 'CLI_BAD_LAST' : 'CLI_BAD_USES',
      `${option} takes a whole number from ${min} to ${max}.`,
    );
  }
}

export class UnsaidError extends IsletError {
  override readonly name = 'GrantTerms.UnsaidError';
  constructor(what: string) {
    super('CLI_GRANT_UNSAID', `The grant also needs ${what}, or a --preset that has it.`);
  }
}
