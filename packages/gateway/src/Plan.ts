// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Day } from '@islet/core/Day';
import type { Reading } from '@islet/core/Reading';
import type { Stream } from '@islet/core/Stream';
import type { Id } from './Dedup.js';
import { RECORD_UNITS, RECORD_WEIGHT, SEGMENT_READINGS, SEGMENT_WEIGHT } from './limits.js';
import type { Part } from './Record.js';

/** New readings of one stream day in one turn: one segment. */
export type Unit = {
  stream: Stream;
  day: Day;
  rows: { reading: Reading; id: Id; importId: string | null }[];
  weight: number;
  /** Whether the turn has more units of this day. */
  split: boolean;
  /** Set when it was sealed to the late key. */
  late: boolean;
};

/** What one turn is going to seal. */
export type Plan = { units: Unit[]; open: Map<string, Unit>; ids: Map<Id, Unit> };

export const empty = (): Plan => ({ units: [], open: new Map(), ids: new Map() });

/** Puts a reading into its day's unit, or a further one where that is full. */
export function add(
  plan: Plan,
  { stream, day }: { stream: Stream; day: Day },
  reading: Reading,
  id: Id,
  importId: string | null,
): Unit {
  const key = `${stream}/${day}`;
  const weight = weigh(reading);
  let unit = plan.open.get(key);
  if (!unit || unit.rows.length >= SEGMENT_READINGS || unit.weight + weight > SEGMENT_WEIGHT) {
    const split = unit !== undefined;
    if (unit) unit.split = true;
    unit = { stream, day, rows: [], weight: 0, split, late: false };
    plan.open.set(key, unit);
    plan.units.push(unit);
  }
  unit.rows.push({ reading, id, importId });
  unit.weight += weight;
  plan.ids.set(id, unit);
  return unit;
}

/** The units in runs that fit one journal record each. */
export function records(plan: Plan): Unit[][] {
  const runs: Unit[][] = [];
  let weight = Number.POSITIVE_INFINITY;
  for (const unit of plan.units) {
    const run = runs.at(-1);
    weight += unit.weight;
    if (run && weight <= RECORD_WEIGHT && run.length < RECORD_UNITS) run.push(unit);
    else {
      runs.push([unit]);
      weight = unit.weight;
    }
  }
  return runs;
}

/** A unit's rows by import, each in order of time: what the window keeps, with the ids in the same order. */
export function partsOf(unit: Pick<Unit, 'rows'>): { ids: Id[]; parts: Part[] } {
  const imports = new Map<string | null, Unit['rows']>();
  for (const row of unit.rows) {
    const rows = imports.get(row.importId);
    if (rows) rows.push(row);
    else imports.set(row.importId, [row]);
  }
  const parts = [...imports].map(([importId, rows]) => ({
    importId,
    rows: rows.toSorted((a, b) => a.reading.at - b.reading.at),
  }));
  return {
    ids: parts.flatMap(({ rows }) => rows.map((row) => row.id)),
    parts: parts.map(({ importId, rows }) => ({ importId, readings: rows.map((row) => row.reading) })),
  };
}

/** A generous guess of a reading's bytes; texts can be four bytes a character. */
function weigh(r: Reading): number {
  const text = ('text' in r ? r.text.length : 0) + ('what' in r ? r.what.length : 0);
  const { app, device, id } = r.source;
  return 64 + 4 * (text + r.said.length + (id ?? '').length) + app.length + device.length;
}
