// Copyright the Islet authors. AGPL-3.0-or-later.
import { displayMgdl, displayMmol } from '@islet/core/Glucose';
import type { Glucose, GlucoseUnit, Reading } from '@islet/core/Reading';
import { from } from './Seeded.js';
import * as Wall from './Wall.js';

export type Quirks = {
  /** The zone of the phone's clock. */
  zone: string;
  seed?: number | string;
  separator?: ',' | ';' | '\t';
  unit?: GlucoseUnit;
  /** `mojibake`: the byte order mark encoded twice and quoted, as the Android export has it. */
  header?: 'plain' | 'mojibake';
  /** G5 exports have no column for the transmitter's name, CR LF, a T in times and two more preamble rows. */
  model?: 'G5' | 'G6';
  /** In which order rows stand: as they happened, or as the clock on the wall says. */
  sorted?: 'by-time' | 'by-clock';
  /** Rows to write twice. */
  duplicates?: number;
  /** Finger-stick calibrations to add. */
  calibrations?: number;
  /** Whether the sensor's own clock is written. */
  ticks?: 'written' | 'left-out';
};

/** What was written: a reader must find exactly this. Moments in UTC ms. */
export type Written = {
  bytes: Uint8Array;
  rows: number;
  untimed: number;
  duplicates: number;
  alerts: number;
  calibrations: number;
  words: { low: number; high: number };
  glucose: { at: number; value: number; unit: GlucoseUnit; beyond: Glucose['beyond'] }[];
  insulin: { at: number; units: number }[];
  carbs: { at: number; grams: number }[];
  activity: { at: number; durationMs: number }[];
};

type Row = { at: number; cells: { [name: string]: string } };

const transmitter = 'SIM0001';

/** Readings as a Dexcom Clarity export: local times without zone, a preamble without times, and the quirks asked for. */
export function write(readings: Reading[], quirks: Quirks): Written {
  const { zone, unit = 'mg/dL', separator = ',', model = 'G6', ticks = 'written' } = quirks;
  const random = from(`${quirks.seed ?? 0}/clarity`);
  const number = (value: number) => (separator === ';' ? String(value).replace('.', ',') : String(value));
  const shown = (r: Pick<Glucose, 'value' | 'unit'>) =>
    unit === 'mg/dL' ? displayMgdl(r.value, r.unit) : displayMmol(r.value, r.unit);
  const start = readings[0]?.at ?? 0;
  const tick = (at: number): { [name: string]: string } =>
    ticks === 'written' ? { tick: String(4_000_000 + Math.round((at - start) / 1000)), transmitter } : {};
  const out: Written = { ...empty(), bytes: new Uint8Array() };
  const rows: Row[] = [];
  for (const r of readings) {
    if (r.kind === 'glucose') {
      const word = r.beyond === 'low' ? 'Low' : r.beyond === 'high' ? 'High' : '';
      const value = shown(r);
      rows.push({
        at: r.at,
        cells: { type: 'EGV', subtype: word, glucose: word || number(value), ...tick(r.at) },
      });
      if (r.beyond) {
        out.words[r.beyond]++;
        out.glucose.push({ at: r.at, value: r.beyond === 'low' ? 40 : 400, unit: 'mg/dL', beyond: r.beyond });
      } else out.glucose.push({ at: r.at, value, unit, beyond: null });
      if (r.beyond === 'low' && random.chance(0.3)) {
        rows.push({ at: r.at, cells: { type: 'Alert', subtype: 'Urgent Low' } });
        out.alerts++;
      }
    } else if (r.kind === 'insulin') {
      const subtype = r.type === 'long' ? 'Long-Acting' : 'Fast-Acting';
      rows.push({ at: r.at, cells: { type: 'Insulin', subtype, insulin: number(r.units) } });
      out.insulin.push({ at: r.at, units: r.units });
    } else if (r.kind === 'carbs') {
      rows.push({ at: r.at, cells: { type: 'Carbs', carbs: number(r.grams) } });
      out.carbs.push({ at: r.at, grams: r.grams });
    } else if (r.kind === 'activity' && r.what === 'exercise') {
      const subtype = ['', 'Light', 'Medium', 'Heavy'][r.amount] ?? '';
      const minutes = Math.round(r.durationMs / 60_000);
      const duration = `${Math.floor(minutes / 60)}:${Wall.padded(minutes % 60)}:00`;
      rows.push({ at: r.at, cells: { type: 'Exercise', subtype, duration } });
      out.activity.push({ at: r.at, durationMs: minutes * 60_000 });
    }
  }
  const measured = readings.filter((r): r is Glucose => r.kind === 'glucose' && !r.beyond);
  for (let i = 0; i < (quirks.calibrations ?? 0) && measured.length > 0; i++) {
    const near = measured[random.whole(0, measured.length - 1)]!;
    rows.push({
      at: near.at + 17_000 + i * 1000,
      cells: { type: 'Calibration', glucose: number(shown(near)) },
    });
    out.calibrations++;
  }
  const clock = (at: number) => at + Wall.offsetMinutes(at, zone) * 60_000;
  const place = quirks.sorted === 'by-clock' ? clock : (at: number) => at;
  rows.sort((a, b) => place(a.at) - place(b.at));
  for (let i = 0; i < (quirks.duplicates ?? 0) && rows.length > 0; i++) {
    const from_ = random.whole(0, rows.length - 1);
    rows.splice(from_ + 1, 0, rows[from_]!);
    out.duplicates++;
  }
  const preamble = preambles(model, number(unit === 'mg/dL' ? 251 : 13.9));
  out.untimed = preamble.length;
  out.rows = rows.length + preamble.length;
  const names = columnNames(unit, model);
  const device = model === 'G5' ? '11SIM1' : 'android G6';
  const said = (at: number) => time(Wall.at(at, zone), model === 'G5' ? 'T' : ' ');
  const lines = [...preamble, ...rows.map((r) => ({ time: said(r.at), device, ...r.cells }))].map(
    (cells, i) =>
      order
        .slice(0, names.length)
        .map((name) =>
          name === 'index' ? String(i + 1) : quoted((cells as Row['cells'])[name] ?? '', separator),
        )
        .join(separator),
  );
  const head = names.map((name, i) =>
    i === 0 && quirks.header === 'mojibake' ? '"ï»¿""""Index"""""' : name,
  );
  const end = model === 'G5' ? '\r\n' : '\n';
  const text = `${quirks.header === 'mojibake' ? '\uFEFF' : ''}${[head.join(separator), ...lines].join(end)}${model === 'G5' ? '' : end}`;
  return { ...out, bytes: new TextEncoder().encode(text) };
}

const empty = () => ({
  rows: 0,
  untimed: 0,
  duplicates: 0,
  alerts: 0,
  calibrations: 0,
  words: { low: 0, high: 0 },
  glucose: [],
  insulin: [],
  carbs: [],
  activity: [],
});

const order = [
  'index',
  'time',
  'type',
  'subtype',
  'info',
  'deviceInfo',
  'device',
  'glucose',
  'insulin',
  'carbs',
  'duration',
  'rate',
  'tick',
  'transmitter',
];

function columnNames(unit: GlucoseUnit, model: 'G5' | 'G6'): string[] {
  const names = [
    'Index',
    'Timestamp (YYYY-MM-DDThh:mm:ss)',
    'Event Type',
    'Event Subtype',
    'Patient Info',
    'Device Info',
    'Source Device ID',
    `Glucose Value (${unit})`,
    'Insulin Value (u)',
    'Carb Value (grams)',
    'Duration (hh:mm:ss)',
    `Glucose Rate of Change (${unit}/min)`,
    'Transmitter Time (Long Integer)',
  ];
  return model === 'G5' ? names : [...names, 'Transmitter ID'];
}

function preambles(model: 'G5' | 'G6', high: string): Row['cells'][] {
  const person: Row['cells'][] = [
    { type: 'FirstName', info: 'Sim' },
    { type: 'LastName', info: 'Person' },
  ];
  const more: Row['cells'][] = [
    { type: 'PatientIdentifier', info: '0000000' },
    { type: 'DateOfBirth', info: '1/1/00' },
  ];
  const settings: Row['cells'][] = [
    { type: 'Device', deviceInfo: `Dexcom ${model} Mobile App`, device: `android ${model}` },
    { type: 'Alert', subtype: 'Fall', rate: '3' },
    { type: 'Alert', subtype: 'High', glucose: high },
    { type: 'Alert', subtype: 'Signal Loss', duration: '0:20:00' },
  ];
  return [...person, ...(model === 'G5' ? more : []), ...settings];
}

function time(w: Wall.Wall, between: string): string {
  const p = Wall.padded;
  return `${p(w.year, 4)}-${p(w.month)}-${p(w.day)}${between}${p(w.hour)}:${p(w.minute)}:${p(w.second)}`;
}

const quoted = (text: string, separator: string): string =>
  text.includes(separator) || text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text;
