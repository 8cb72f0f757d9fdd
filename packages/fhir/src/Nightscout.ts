// Copyright the Islet authors. AGPL-3.0-or-later.
import { displayMgdl } from '@islet/core/Glucose';
import type { Glucose, Insulin, Reading } from '@islet/core/Reading';
import type { Json } from './Fhir.js';

/** Nightscout's collections, each a file that its API takes as it is. */
export const collections = ['entries', 'treatments', 'profile', 'devicestatus', 'activity'] as const;
export type Collection = (typeof collections)[number];

type Row = { [field: string]: Json };

/** One collection as a JSON array, a record to a line. */
export function* write(collection: Collection, days: Iterable<Reading[]>): Generator<string> {
  let before: string | undefined;
  yield '[';
  for (const day of days) {
    for (const row of rows(collection, day)) {
      if (before !== undefined) yield `${before},`;
      before = JSON.stringify(row);
    }
  }
  if (before !== undefined) yield before;
  yield ']';
}

function rows(collection: Collection, day: Reading[]): Row[] {
  const kept = namesOfDocuments(day);
  const [own, made]: [Row[], Row[]] = [[], []];
  for (const r of day) {
    const found = place(r);
    if (found?.collection !== collection) continue;
    if (r.kind === 'document' || r.kind === 'profile') own.push(found.row);
    // What an app's own record says already is not said again: insulin must not count twice.
    else if (collection !== 'treatments' || !kept.has(r.source.id ?? '')) made.push(found.row);
  }
  return [...(collection === 'treatments' ? joined(made) : made), ...own];
}

const parts = ['insulin', 'carbs', 'notes', 'glucose', 'duration'] as const;

/**
 * What came out of one record goes back into one: Nightscout keeps a single record of each identifier. Where two say the
 * same part, the second goes without a name.
 */
function joined(rows: Row[]): Row[] {
  const named = new Map<string, Row>();
  const out: Row[] = [];
  for (const row of rows) {
    const { identifier, eventType, ...rest } = row;
    const name = identifier === undefined ? undefined : `${identifier} ${row.created_at}`;
    const before = name === undefined ? undefined : named.get(name);
    if (!before) {
      if (name !== undefined) named.set(name, row);
      out.push(row);
    } else if (parts.some((part) => part in before && part in row))
      out.push({ eventType: eventType!, ...rest });
    else Object.assign(before, rest, { eventType: together(before, row) });
  }
  return out;
}

function together(a: Row, b: Row): Json {
  if ([a, b].some((r) => 'insulin' in r) && [a, b].some((r) => 'carbs' in r)) return 'Meal Bolus';
  return a.eventType === 'Note' ? b.eventType! : a.eventType!;
}

/** The sources' names of records that are there whole. */
const namesOfDocuments = (day: Reading[]): Set<string> =>
  new Set(
    day.flatMap((r) =>
      r.kind === 'document' && r.what === 'treatments' && r.source.id ? [r.source.id] : [],
    ),
  );

/** Whether Nightscout has a place for a reading. */
export const holds = (r: Reading): boolean => place(r) !== undefined;

type Placed = { collection: Collection; row: Row };

function place(r: Reading): Placed | undefined {
  switch (r.kind) {
    case 'glucose':
      return r.method === 'scan' ? treatment(r, check(r)) : { collection: 'entries', row: entry(r) };
    case 'insulin':
      return treatment(r, insulin(r));
    case 'carbs':
      return treatment(r, { eventType: 'Carb Correction', carbs: r.grams });
    case 'activity':
      return activity(r);
    case 'device':
      return device(r);
    case 'note':
      return treatment(r, { eventType: 'Note', notes: r.text });
    case 'health':
      return treatment(r, { eventType: r.what || 'Note', ...(r.text && { notes: r.text }) });
    case 'profile':
      return own('profile', r.text);
    case 'document':
      return r.what === 'treatments' || r.what === 'devicestatus' || r.what === 'activity'
        ? own(r.what, r.text)
        : undefined;
  }
}

/** A record in an app's own words goes back as it came. */
function own(collection: Collection, text: string): Placed | undefined {
  try {
    const row = JSON.parse(text) as Json;
    return row && typeof row === 'object' && !Array.isArray(row) ? { collection, row } : undefined;
  } catch {
    return undefined;
  }
}

/** The numbers with which a Dexcom receiver, and so Nightscout, says "Low" and "High". */
const words = { low: 39, high: 401 } as const;

const named = (r: Reading): Row => ({
  ...(r.source.app && { app: r.source.app }),
  ...(r.source.device && { device: r.source.device }),
  ...(r.source.id !== null && { identifier: r.source.id }),
});

/** Nightscout turns a time with an offset into UTC and keeps the offset; so do we. */
const timed = (r: Reading): Row => ({
  date: r.at,
  dateString: new Date(r.at).toISOString(),
  sysTime: new Date(r.at).toISOString(),
  utcOffset: r.offsetMinutes,
});

/** Always in mg/dL: `sgv` has no unit of its own in Nightscout. */
function entry(r: Glucose): Row {
  const value = r.unit === 'mg/dL' ? r.value : displayMgdl(r.value, r.unit);
  return r.method === 'meter'
    ? { type: 'mbg', mbg: value, ...timed(r), ...named(r) }
    : {
        type: 'sgv',
        sgv: r.beyond ? words[r.beyond] : value,
        ...(r.trend && { direction: r.trend }),
        ...timed(r),
        ...named(r),
      };
}

/** A scan is a check that a person made: as an `sgv` it would bend every mean. */
const check = (r: Glucose): Row => ({
  eventType: 'BG Check',
  glucose: displayMgdl(r.value, r.unit),
  glucoseType: 'Sensor',
  units: 'mg/dl',
});

const minutes = (ms: number): number => ms / 60_000;

/**
 * Long-acting insulin goes as a note: as `insulin` it would be counted as active for some hours. A basal rate without a
 * duration goes as a note too: to Nightscout it would be the end of another.
 */
function insulin(r: Insulin): Row {
  if (r.type === 'long') return { eventType: 'Note', notes: `Long-acting insulin ${r.units} U` };
  const lasting = r.durationMs > 0 && { duration: minutes(r.durationMs) };
  if (r.type !== 'basal') return { eventType: 'Correction Bolus', insulin: r.units, ...lasting };
  if (!(r.durationMs > 0)) return { eventType: 'Note', notes: `Basal insulin ${r.units} U` };
  const rate = r.units / (r.durationMs / 3_600_000);
  return { eventType: 'Temp Basal', absolute: rate, rate, amount: r.units, ...lasting };
}

function activity(r: Extract<Reading, { kind: 'activity' }>): Placed {
  if (r.what === 'exercise')
    return treatment(r, {
      eventType: 'Exercise',
      duration: minutes(r.durationMs),
      intensity: r.amount,
    });
  const value: Row =
    r.what === 'steps' ? { type: 'steps-total', steps: r.amount } : { type: 'hr-bpm', bpm: r.amount };
  const at = { timeStamp: r.at, created_at: new Date(r.at).toISOString(), utcOffset: r.offsetMinutes };
  return { collection: 'activity', row: { ...value, ...at, ...named(r) } };
}

function device(r: Extract<Reading, { kind: 'device' }>): Placed {
  if (r.what === 'sensor slope' && r.value !== null)
    return { collection: 'entries', row: { type: 'cal', slope: r.value, ...timed(r), ...named(r) } };
  if (r.what === 'sensor error' && r.value !== null)
    return { collection: 'entries', row: { type: 'sgv', sgv: r.value, ...timed(r), ...named(r) } };
  if (r.what === 'calibration' && r.value !== null)
    return treatment(r, { eventType: 'Calibration', glucose: r.value, units: 'mg/dl' });
  const pump = pumps.get(r.what);
  if (pump !== undefined) return treatment(r, { eventType: pump });
  return r.value === null
    ? treatment(r, { eventType: r.what || 'Note' })
    : treatment(r, { eventType: 'Note', notes: `${r.what}: ${r.value}` });
}

/** Nightscout's own words for what a pump did. */
const pumps = new Map([
  ['pump suspended', 'Suspend Pump'],
  ['pump resumed', 'Resume Pump'],
]);

const treatment = (r: Reading, row: Row): Placed => ({
  collection: 'treatments',
  row: {
    ...row,
    created_at: new Date(r.at).toISOString(),
    utcOffset: r.offsetMinutes,
    enteredBy: r.source.app,
    ...named(r),
  },
});
