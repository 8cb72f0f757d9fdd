// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Day from '@islet/core/Day';
import type { Purpose } from '@islet/core/Purpose';
import type { Stream } from '@islet/core/Stream';

export type Preset = 'visit' | 'averages' | 'follow' | 'review';
export type Draft = {
  streams: Stream[];
  from: string;
  to: string;
  until: string;
  uses: string;
  purpose: Purpose;
};

const dayMs = 86_400_000;
const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What each preset means, counted from the last day that holds something. */
export function draftOf(preset: Preset, newest: number, today: number): Draft {
  const until = (days: number): string => dateOf(Date.now() + days * dayMs);
  const back = (days: number, streams: Stream[], ahead: number): Draft => ({
    streams,
    // Today is not over: so many whole days beside it.
    from: Day.format(newest - days + (newest === today ? 0 : 1)),
    to: Day.format(newest),
    until: until(ahead),
    uses: '0',
    purpose: 'treatment',
  });
  switch (preset) {
    case 'visit':
      return back(14, ['glucose/raw'], 14);
    case 'averages':
      return back(30, ['glucose/day'], 30);
    case 'follow':
      return {
        ...back(1, ['glucose/raw'], 90),
        from: Day.format(today),
        to: Day.format(today + 90),
        purpose: 'care-giving',
      };
    case 'review':
      return back(90, ['glucose/raw', 'insulin/raw', 'carbs/raw'], 30);
  }
}
