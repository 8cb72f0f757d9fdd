// Copyright the Islet authors. AGPL-3.0-or-later.
import { RATED_ADDRESSES } from './limits.js';

/** Token buckets, one per name. */
export type RateLimit = {
  /** Takes a token: 0 where there was one, else the seconds until there is. */
  take(name: string): number;
};

export function rateLimit(rate: { perSecond: number; burst: number }, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(name) {
      const at = now();
      const before = buckets.get(name) ?? { tokens: rate.burst, at };
      const tokens = Math.min(
        rate.burst,
        before.tokens + (Math.max(0, at - before.at) / 1000) * rate.perSecond,
      );
      // Moved to the end: the first in the map is the one least lately seen.
      buckets.delete(name);
      if (buckets.size >= RATED_ADDRESSES) buckets.delete(buckets.keys().next().value!);
      const granted = tokens >= 1;
      buckets.set(name, { tokens: granted ? tokens - 1 : tokens, at });
      return granted ? 0 : Math.ceil((1 - tokens) / rate.perSecond);
    },
  };
}
