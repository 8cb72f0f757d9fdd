// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import { maxCarbGrams, maxInsulinUnits, maxNoteLength } from './Limits.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';
import { parse, toWall } from './WallTime.js';

/** The diary table that xDrip+ and Spike write for SiDiary. It names no unit: both write mg/dL. */
export const format: Format = {
  name: 'sidiary',
  recognise: ({ text }) => {
    const header = Header.find(text, (names) => {
      const plain = names.map(Header.plain);
      return columns.every((name, i) => plain[i] === name) ? names.length : undefined;
    });
    if (!header || text === undefined) return undefined;
    return (asked) =>
      read(Table.read(text, header.separator, header.line, header.found), header.separator, asked);
  },
};

const columns = ['day', 'time', 'udt_cgms', 'bg_level', 'ch_gr', 'bolus', 'remark'];
const remarkAt = columns.indexOf('remark');

function read(records: Table.Record[], separator: string, asked: Asked): Parsed {
  const numbers: number[] = [];
  const rows = records.map((record): Outcome | Draft => {
    const cells = record.cells.map((cell) => cell.trim());
    const spilled = record.bad === 'fields' && cells.length > columns.length;
    if (record.bad && !spilled) return refused(record.row, record.bad);
    const [day = '', time = '', cgm = '', meter = '', carbs = '', bolus = ''] = cells;
    // Remarks are written as they are, with any separators that a person typed.
    const last = record.cells.findLastIndex((cell) => cell.trim() !== '');
    const remark = record.cells
      .slice(remarkAt, last + 1)
      .join(separator)
      .trim();
    if (day === '') return untimed(record.row);
    const said = `${day} ${time}`.trim();
    const written = parse(said);
    // Both programs write the day first, whatever the language of the phone.
    const wall = time === '' || !written ? undefined : toWall(written, 'day-first');
    if (wall === undefined) return refused(record.row, 'time');
    const events = eventsOf({ cgm, meter, carbs, bolus, remark }, numbers);
    if (typeof events === 'string') return refused(record.row, events);
    const source = { app: 'sidiary', device: '', id: null };
    const readings = events.map((event) => ({ ...event, said, source }) as Untimed);
    // Sensor values, calibrations and treatments follow one another, each sorted for itself.
    const lane = cgm ? 'cgm' : meter ? 'meter' : 'treatments';
    return { row: record.row, wall, tick: null, lane, readings };
  });
  const settled = settleRows(asked.zone, rows);
  return {
    outcomes: settled.outcomes,
    unit: numbers.length > 0 ? 'mg/dL' : null,
    numbers,
    remarks: settled.remarks,
  };
}

type Cells = { cgm: string; meter: string; carbs: string; bolus: string; remark: string };

function eventsOf(cells: Cells, numbers: number[]): Event[] | Reason {
  const out: Event[] = [];
  for (const method of ['cgm', 'meter'] as const) {
    if (cells[method] === '') continue;
    const value = Amount.parse(cells[method]);
    if (value !== undefined) numbers.push(value);
    const level = Amount.glucose(cells[method], 'mg/dL', method);
    if (!level) return 'value';
    out.push({ kind: 'glucose', ...level, method });
  }
  if (cells.carbs !== '') {
    const grams = Amount.upTo(cells.carbs, maxCarbGrams);
    if (grams === undefined) return 'value';
    out.push({ kind: 'carbs', grams });
  }
  if (cells.bolus !== '') {
    const units = Amount.upTo(cells.bolus, maxInsulinUnits);
    if (units === undefined) return 'value';
    out.push({ kind: 'insulin', units, type: 'bolus', durationMs: 0 });
  }
  // Line breaks are written as two bars.
  const text = clip(cells.remark.replaceAll('||', '\n'), maxNoteLength);
  if (text !== '') out.push({ kind: 'note', text });
  return out.length > 0 ? out : 'value';
}
