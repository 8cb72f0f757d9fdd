// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import type { Event } from './Draft.js';
import * as Fields from './Fields.js';
import type { Format } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import { maxRows, maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, refused, untimed } from './Outcome.js';
import * as Sgv from './Sgv.js';
import { TooLargeError } from './Text.js';
import * as Trend from './Trend.js';
import * as Witness from './Witness.js';
import type { Zone } from './Zone.js';

// What Dexcom's Share servers answer to followers: `ST` is the receiver's UTC, `WT` the server's, `DT` what was shown.

/** A list of `{WT, ST, DT, Value, Trend}`. */
export const format: Format = {
  name: 'dexcom-share',
  recognise: ({ json }) => {
    if (!Array.isArray(json)) return undefined;
    const first = json.find(Json.isFields);
    if (!first || !('Value' in first) || !names.some((name) => date(first[name]))) return undefined;
    return ({ zone }) => read(json, zone);
  },
};

const names = ['WT', 'ST', 'DT'] as const;
const pattern = /^\/?Date\((-?\d{1,15})([+-]\d{4})?\)\/?$/;

type Stamp = { ms: number; offset: number | undefined };

/** `Date(1638396953000-0500)`, with or without slashes: ms, and the clock's offset. */
function date(value: unknown): Stamp | undefined {
  const found =
    typeof value === 'string' && value.length <= maxSaidLength ? pattern.exec(value.trim()) : null;
  if (!found) return undefined;
  return {
    ms: Number(found[1]) + 0,
    offset: found[2] === undefined ? undefined : Instant.minutesOf(found[2]),
  };
}

function read(list: unknown[], zone: Zone): Parsed {
  if (list.length > maxRows) throw new TooLargeError(`There are more than ${maxRows} records.`);
  const numbers: number[] = [];
  const clocks: Witness.Clock[] = [];
  const outcomes = list.map((item, i) => one(item, i + 1, zone, numbers, clocks));
  return { outcomes, unit: 'mg/dL', numbers, remarks: Witness.remarks(zone, clocks) };
}

function one(item: unknown, row: number, zone: Zone, numbers: number[], clocks: Witness.Clock[]): Outcome {
  if (!Json.isFields(item)) return refused(row, 'shape');
  if (names.every((name) => item[name] === undefined || item[name] === null)) return untimed(row);
  const [server, system, shown] = names.map((name) => date(item[name])) as [Stamp?, Stamp?, Stamp?];
  const at = (server ?? system ?? shown)?.ms;
  if (at === undefined || !Instant.inYears(at)) return refused(row, 'time');
  const value = Fields.number(item, ['Value']);
  const event: Event | 'value' = value === undefined ? 'value' : Sgv.event(value);
  if (event === 'value') return refused(row, 'value');
  if (event.kind === 'glucose') numbers.push(event.value);
  // With an offset the number is UTC; older answers count the local time as if it were.
  const wall = shown && (shown.offset === undefined ? shown.ms : shown.ms + shown.offset * 60_000);
  const clock = wall === undefined ? undefined : Witness.clock(zone, at, wall, shown?.offset);
  if (clock) clocks.push(clock);
  const said = Fields.text(item, ['DT', 'ST', 'WT'], maxSaidLength);
  const arrow = event.kind === 'glucose' ? Trend.part(Trend.of(item.Trend)) : {};
  const source = { app: 'dexcom-share', device: '', id: null };
  const offsetMinutes = Instant.offsetOr(clock?.offsetMinutes, zone, at);
  return {
    row,
    is: 'readings',
    readings: [{ ...event, ...arrow, at, offsetMinutes, said, source } as Reading],
  };
}
