// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Day } from './Day.js';
import type { Hours } from './Hours.js';
import type { Purpose } from './Purpose.js';
import type { Stream } from './Stream.js';

/** What a grant allows, whoever it is for. docs/grants.md says of each field who enforces it. */
export type Terms = {
  streams: Stream[];
  firstDay: Day;
  lastDay: Day;
  /** Only the newest so many days, today included; 0: no such bound. */
  rollingDays: number;
  /** UTC ms; judged in whole seconds. */
  notBefore: number;
  expiresAt: number;
  /** When in the week; its offset also says when a rolling window's day begins. */
  hours: Hours;
  purpose: Purpose;
  /** 0: as often as they like. */
  maxUses: number;
  /** Break-glass: every look must state its reason, is told at once and reviewed. */
  emergency: boolean;
};
