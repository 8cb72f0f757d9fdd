// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { type GlucoseUnit, type Kind, kinds, type Reading } from '@islet/core/Reading';
import * as Clarity from './Clarity.js';
import * as Detect from './Detect.js';
import * as Libreview from './Libreview.js';
import * as NightscoutJson from './NightscoutJson.js';
import { type Parsed, type Reason, type Remark, reasons } from './Outcome.js';
import * as Table from './Table.js';
import * as Text from './Text.js';
import * as Unit from './Unit.js';
import type { DateOrder } from './WallTime.js';
import * as Zone from './Zone.js';

export type Options = {
  /** The IANA name of the zone the device's clock was set to. */
  zone: string;
  /** The present, UTC ms. */
  now: number;
  /** What the file must be. By default it is recognised. */
  format?: Detect.Format;
  /** Which number of a date is the day, where the person knows. By default the file's rows decide. */
  dates?: DateOrder;
};

export type Refusal = { row: number; reason: Reason; text: string };

/**
 * What became of a file. The law of rows: `rows = produced + untimed + duplicates + refused.length`, each data row
 * being counted once, on its own line. A row is a duplicate when all its readings were there already.
 */
export type Summary = {
  /** Data rows: records below the column names that are not blank; in JSON, entries. */
  rows: number;
  /** Rows that gave at least one reading. */
  produced: number;
  /** Readings given, by kind. */
  readings: { [kind in Kind]: number };
  /** Glucose readings for which the sensor gave a word, or the number that stands for it. */
  words: { low: number; high: number };
  calibrations: number;
  /** Rows without any time: names, devices and alarm settings that exports put first. */
  untimed: number;
  duplicates: number;
  refused: Refusal[];
  unit: GlucoseUnit | null;
  /** The earliest and the latest reading, UTC ms, or null where there is none. */
  firstAt: number | null;
  lastAt: number | null;
  zone: string;
  notes: Remark[];
};

export type Imported = { format: Detect.Format; readings: Reading[]; summary: Summary };

/**
 * Reads a file of any known format into readings, in the file's order, and accounts for every row.
 *
 * Throws `INGEST_TOO_LARGE`, `INGEST_UNRECOGNISED`, `INGEST_FORMAT_OTHER`, `INGEST_BAD_JSON`, `INGEST_UNIT_MIXED`,
 * `INGEST_UNIT_IMPLAUSIBLE` and `INGEST_ZONE_UNKNOWN`. Never throws for a single row.
 */
export function read(bytes: Uint8Array, options: Options): Imported {
  const zone = Zone.of(options.zone);
  const text = Text.decode(bytes);
  const found = Detect.recognise(text);
  if (options.format && options.format !== found.format) throw new FormatError(options.format, found.format);
  const parsed = parse(text, found, zone, options);
  Unit.check(parsed.unit, parsed.numbers);
  return summarise(found.format, parsed, options);
}

function parse(text: string, found: Detect.Detected, zone: Zone.Zone, options: Options): Parsed {
  if (found.format === 'nightscout') return NightscoutJson.read(found.entries, zone);
  const records = Table.read(text, found.separator, found.line, found.columns.width);
  if (found.format === 'clarity') return Clarity.read(records, found.columns, zone, options.now);
  const made = Libreview.made(found.above);
  return Libreview.read(records, found.columns, { zone, now: options.now, dates: options.dates, made });
}

function summarise(format: Detect.Format, parsed: Parsed, options: Options): Imported {
  const shared = sharedIdentities(parsed);
  const seen = new Set<string>();
  const readings: Reading[] = [];
  const refused: Refusal[] = [];
  let [produced, untimed, duplicates, nameless] = [0, 0, 0, 0];
  for (const outcome of parsed.outcomes) {
    if (outcome.is === 'untimed') untimed++;
    else if (outcome.is === 'refused') {
      refused.push({ row: outcome.row, reason: outcome.reason, text: reasons[outcome.reason] });
    } else {
      const before = readings.length;
      for (const reading of outcome.readings) {
        if (reading.source.id !== null && shared.has(reading.source.id)) {
          reading.source = { ...reading.source, id: null };
          nameless++;
        }
        const key = fingerprint(reading);
        if (seen.has(key)) continue;
        seen.add(key);
        readings.push(reading);
      }
      if (readings.length > before) produced++;
      else duplicates++;
    }
  }
  const notes = [...parsed.remarks];
  if (nameless > 0) {
    const text = `${nameless} readings carry an identity that other, different readings carry too; they go without one.`;
    notes.push({ code: 'identity-shared', text });
  }
  const late = readings.filter((r) => r.at > options.now + dayMs).length;
  if (late > 0) notes.push({ code: 'future', text: `${late} readings lie more than a day in the future.` });
  return {
    format,
    readings,
    summary: {
      rows: parsed.outcomes.length,
      produced,
      ...counts(readings),
      untimed,
      duplicates,
      refused,
      unit: parsed.unit,
      zone: options.zone,
      notes,
    },
  };
}

const dayMs = 86_400_000;

function counts(
  readings: Reading[],
): Pick<Summary, 'readings' | 'words' | 'calibrations' | 'firstAt' | 'lastAt'> {
  const out = {
    readings: Object.fromEntries(kinds.map((kind) => [kind, 0])) as { [kind in Kind]: number },
    words: { low: 0, high: 0 },
    calibrations: 0,
    firstAt: null as number | null,
    lastAt: null as number | null,
  };
  for (const r of readings) {
    out.readings[r.kind]++;
    if (r.kind === 'glucose' && r.beyond) out.words[r.beyond]++;
    if (r.kind === 'device' && r.what === 'calibration') out.calibrations++;
    out.firstAt = Math.min(out.firstAt ?? r.at, r.at);
    out.lastAt = Math.max(out.lastAt ?? r.at, r.at);
  }
  return out;
}

/**
 * Identities that stand on different readings: a name that is not unique (a transmitter's clock that was reset, or
 * scrubbed) would make one reading overwrite another later on, so it is no name.
 */
function sharedIdentities(parsed: Parsed): Set<string> {
  const first = new Map<string, Reading>();
  const shared = new Set<string>();
  for (const outcome of parsed.outcomes) {
    if (outcome.is !== 'readings') continue;
    for (const reading of outcome.readings) {
      const { id } = reading.source;
      if (id === null) continue;
      const known = first.get(id);
      if (known === undefined) first.set(id, reading);
      else if (fingerprint(known) !== fingerprint(reading)) shared.add(id);
    }
  }
  return shared;
}

/** Equal for two readings that are one and the same: kind, time, value and the source's identity. */
const fingerprint = (r: Reading): string => [r.at, r.kind, ...values(r), r.source.id].join('\n');

function values(r: Reading): (string | number | null)[] {
  switch (r.kind) {
    case 'glucose':
      return [r.value, r.unit, r.beyond, r.method];
    case 'insulin':
      return [r.units, r.type, r.durationMs];
    case 'carbs':
      return [r.grams];
    case 'activity':
      return [r.what, r.amount, r.durationMs];
    case 'device':
      return [r.what, r.value];
    case 'note':
      return [JSON.stringify(r.text)];
    case 'health':
    case 'profile':
    case 'document':
      return [JSON.stringify([r.what, r.text])];
  }
}

/** `INGEST_FORMAT_OTHER`: the file is of another known format than was asked for. */
export class FormatError extends IsletError {
  override readonly name: string = 'FormatError';
  constructor(asked: Detect.Format, found: Detect.Format) {
    super(
      'INGEST_FORMAT_OTHER',
      `The file was to be read as ${asked}, but it is a ${found} file. Leave the format out.`,
    );
  }
}
