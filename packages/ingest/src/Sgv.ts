// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Amount from './Amount.js';
import type { Event } from './Draft.js';

/** Numbers with which a Dexcom receiver says that it has no glucose, and those that stand for its words. */
const lastErrorCode = 12;
const words: { [value: number]: 'low' | 'high' } = { 39: 'low', 401: 'high' };

/** A sensor's glucose in mg/dL as Dexcom's world writes it, where small numbers are errors and two stand for words. */
export function event(value: number): Event | 'value' {
  if (Number.isInteger(value) && value >= 0 && value <= lastErrorCode)
    return { kind: 'device', what: 'sensor error', value };
  if (!Amount.plausible(value, 'mg/dL', 'cgm')) return 'value';
  return { kind: 'glucose', value, unit: 'mg/dL', beyond: words[value] ?? null, method: 'cgm' };
}
