// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Instant from './Instant.js';
import * as Json from './Json.js';
import { maxSaidLength } from './Limits.js';
import type { When } from './Part.js';
import * as Zone from './Zone.js';

/** When a resource was effective, and for how long: null where it is a moment or its end is not said. */
export type Effective = When & { durationMs: number | null };

/** Undefined where a resource has no time at all, `broken` where none to the minute can be read from it. */
export function of(resource: Json.Fields, zone: Zone.Zone): Effective | undefined | 'broken' {
  const period = Json.fields(resource.effectivePeriod);
  const said = resource.effectiveDateTime ?? resource.effectiveInstant ?? period?.start;
  if (said === undefined) return resource.effectiveTiming || period ? 'broken' : undefined;
  const start = moment(said, zone);
  if (!start) return 'broken';
  if (period?.end === undefined) return { ...start, durationMs: null };
  const end = moment(period.end, zone);
  return end && end.at >= start.at ? { ...start, durationMs: end.at - start.at } : 'broken';
}

function moment(value: unknown, zone: Zone.Zone): When | undefined {
  const said = Json.text(value, maxSaidLength);
  const instant = said === undefined ? undefined : Instant.exact(said, zone);
  if (!said || !instant || !Instant.inYears(instant.at)) return undefined;
  return {
    at: instant.at,
    said,
    offsetMinutes: instant.offsetMinutes ?? Zone.offsetMinutes(zone, instant.at),
  };
}
