// Copyright the Islet authors. AGPL-3.0-or-later.
import { type GlucoseUnit, type Kind, kinds, type Reading } from '@islet/core/Reading';
import { type Parsed, type Reason, type Remark, reasons } from './Outcome.js';

/** A row that was not taken. `file` names it within an archive. */
export type Refusal = { file?: string; row: number; reason: Reason; text: string };

/**
 * What became of a file. The law of rows: `rows = produced + untimed + duplicates + refusedRows`, each data row
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
  /** Each row that was not taken; of a file too large to be held, the first. */
  refused: Refusal[];
  /** How many they are in all. */
  refusedRows: number;
  unit: GlucoseUnit | null;
  /** The earliest and the latest reading, UTC ms, or null where there is none. */
  firstAt: number | null;
  lastAt: number | null;
  zone: string;
  notes: Remark[];
};

/** What one file, or one file of an archive, was read as. */
export type Piece = { path: string; parsed: Parsed };

/** The readings of all pieces, each once, and what became of every row. */
export function of(pieces: Piece[], now: number): { readings: Reading[]; summary: Omit<Summary, 'zone'> } {
  const shared = sharedIdentities(pieces);
  const seen = new Set<string>();
  const readings: Reading[] = [];
  const refused: Refusal[] = [];
  let [rows, produced, untimed, duplicates, nameless] = [0, 0, 0, 0, 0];
  for (const { path, parsed } of pieces) {
    rows += parsed.outcomes.length;
    for (const outcome of parsed.outcomes) {
      if (outcome.is === 'untimed') untimed++;
      else if (outcome.is === 'refused') {
        const { row, reason } = outcome;
        refused.push({ ...(path !== '' && { file: path }), row, reason, text: reasons[reason] });
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
  }
  const tally = emptyTally();
  for (const reading of readings) count(tally, reading, now);
  const { late, ...counts } = tally;
  const notes = [...remarks(pieces), ...doubts(nameless, late)];
  const units = new Set(pieces.flatMap(({ parsed }) => parsed.unit ?? []));
  return {
    readings,
    summary: {
      rows,
      produced,
      ...counts,
      untimed,
      duplicates,
      refused,
      refusedRows: refused.length,
      unit: units.size === 1 ? [...units][0]! : null,
      notes,
    },
  };
}

/** Each remark once: the files of an archive often have the same to say. */
function remarks(pieces: Piece[]): Remark[] {
  const out = new Map<string, Remark>();
  for (const { parsed } of pieces) for (const r of parsed.remarks) out.set(`${r.code}\n${r.text}`, r);
  return [...out.values()];
}

const dayMs = 86_400_000;

export type Tally = Pick<Summary, 'readings' | 'words' | 'calibrations' | 'firstAt' | 'lastAt'> & {
  /** More than a day ahead of now. */
  late: number;
};

export const emptyTally = (): Tally => ({
  readings: Object.fromEntries(kinds.map((kind) => [kind, 0])) as { [kind in Kind]: number },
  words: { low: 0, high: 0 },
  calibrations: 0,
  firstAt: null,
  lastAt: null,
  late: 0,
});

export function count(tally: Tally, r: Reading, now: number): void {
  tally.readings[r.kind]++;
  if (r.kind === 'glucose' && r.beyond) tally.words[r.beyond]++;
  if (r.kind === 'device' && r.what === 'calibration') tally.calibrations++;
  tally.firstAt = Math.min(tally.firstAt ?? r.at, r.at);
  tally.lastAt = Math.max(tally.lastAt ?? r.at, r.at);
  if (r.at > now + dayMs) tally.late++;
}

/** What is said of readings that lost a shared identity, and of those of the future. */
export function doubts(nameless: number, late: number): Remark[] {
  const out: Remark[] = [];
  if (nameless > 0) {
    const text = `${nameless} readings carry an identity that other, different readings carry too; they go without one.`;
    out.push({ code: 'identity-shared', text });
  }
  if (late > 0) out.push({ code: 'future', text: `${late} readings lie more than a day in the future.` });
  return out;
}

/**
 * Identities that stand on different readings: a name that is not unique (a transmitter's clock that was reset, or
 * scrubbed) would make one reading overwrite another later on, so it is no name.
 */
function sharedIdentities(pieces: Piece[]): Set<string> {
  const first = new Map<string, Reading>();
  const shared = new Set<string>();
  for (const outcome of pieces.flatMap(({ parsed }) => parsed.outcomes)) {
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

/**
 * Equal for two readings that are one and the same: kind, time, value and the source's identity. Without identity,
 * also the time as written: an hour that spring left out is put on the next, and is not that hour's.
 */
export const fingerprint = (r: Reading): string =>
  [r.at, r.kind, ...values(r), r.source.id === null ? `said ${r.said}` : `id ${r.source.id}`].join('\n');

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
