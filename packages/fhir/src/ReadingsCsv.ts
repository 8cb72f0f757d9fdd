// Copyright the Islet authors. AGPL-3.0-or-later.
import { displayMgdl, displayMmol } from '@islet/core/Glucose';
import type { Reading } from '@islet/core/Reading';
import * as Csv from './Csv.js';
import * as LocalTime from './LocalTime.js';

/** docs/records.md explains each. */
export const columns = [
  'at',
  'local',
  'kind',
  'what',
  'glucose_mg_dl',
  'glucose_mmol_l',
  'value',
  'unit',
  'beyond',
  'method',
  'duration_ms',
  'text',
  'app',
  'device',
  'source_id',
  'said',
] as const;

type Cells = { [name in (typeof columns)[number]]?: Csv.Cell };

/** Readings as a table, a record each: its names first. */
export function* write(days: Iterable<Reading[]>): Generator<string> {
  yield Csv.row(columns);
  for (const day of days) for (const reading of day) yield row(reading);
}

function row(r: Reading): string {
  const cells: Cells = {
    at: new Date(r.at).toISOString(),
    local: LocalTime.iso(r.at, r.offsetMinutes),
    kind: r.kind,
    app: r.source.app,
    device: r.source.device,
    source_id: r.source.id,
    said: r.said,
    ...own(r),
  };
  return Csv.row(columns.map((name) => cells[name] ?? null));
}

function own(r: Reading): Cells {
  switch (r.kind) {
    case 'glucose':
      return {
        glucose_mg_dl: displayMgdl(r.value, r.unit),
        glucose_mmol_l: displayMmol(r.value, r.unit),
        value: r.value,
        unit: r.unit,
        beyond: r.beyond,
        method: r.method,
      };
    case 'insulin':
      return { what: r.type, value: r.units, unit: 'U', duration_ms: r.durationMs };
    case 'carbs':
      return { value: r.grams, unit: 'g' };
    case 'activity':
      return { what: r.what, value: r.amount, duration_ms: r.durationMs };
    case 'device':
      return { what: r.what, value: r.value };
    case 'note':
      return { text: r.text };
    case 'health':
    case 'profile':
    case 'document':
      return { what: r.what, text: r.text };
  }
}
