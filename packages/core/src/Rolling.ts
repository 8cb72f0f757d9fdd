// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from './Day.js';

/**
 * The first day that a rolling grant of the newest `days` stream days opens at a moment (UTC ms): with 1, today alone;
 * with 14, today and the thirteen before it. The window moves at local midnight of the grant's fixed offset.
 */
export const firstDay = (at: number, offsetMinutes: number, days: number): number =>
  Day.of(at, offsetMinutes) - days + 1;
