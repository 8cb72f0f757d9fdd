// Copyright the Islet authors. AGPL-3.0-or-later.
// Real exports, and generated twins with the same quirks, from the file to a clinician's verified report. What each
// must give is read from its text here, by a parser that shares nothing with the product's.
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import { provision } from '@islet/cli/Provision';
import type { Reading } from '@islet/core/Reading';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as LibreviewFile from '@islet/sim/LibreviewFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Real from '../packages/ingest/src/real.testkit.js';
import { type Islet, start } from './islet.testkit.js';

const dayMs = 86_400_000;

/** What a text holds, counted independently. Times as written, `YYYY-MM-DD HH:mm[:ss]`; glucose by the sensor only. */
type Counted = {
  rows: number;
  untimed: number;
  duplicates: number;
  kinds: { [kind: string]: number };
  words: { low: number; high: number };
  calibrations: number;
  glucose: { local: string; value: number }[];
};

type Case = {
  name: string;
  person: string;
  zone: string;
  bytes: () => Uint8Array;
  count: (text: string) => Counted;
  /** Minutes east of UTC at a local time of the file, and where the person's days start. */
  offset: (local: string) => number;
  dayOffset: number;
  from: string;
  notes: string[];
};

const always = (minutes: number) => () => minutes;

const real: Case[] = (
  [
    {
      name: 'dexcom-clarity/clarity_g6_mgdl_scrubbed.csv',
      person: 'me',
      zone: 'Europe/Moscow',
      count: (text) => clarity(text, ','),
      offset: always(180),
      dayOffset: 180,
      from: '1961-04-12',
      notes: [],
    },
    {
      name: 'dexcom-clarity/clarity_g5_tab_deidentified.txt',
      person: 'me',
      zone: 'Etc/GMT-3',
      count: (text) => clarity(text, '\t'),
      offset: always(180),
      dayOffset: 180,
      from: '2018-10-28',
      notes: ['clock-set', 'identity-shared'],
    },
    {
      name: 'libreview/libre_2018_clinic_mgdl_deidentified.csv',
      person: 'me',
      zone: 'Etc/GMT-3',
      count: (text) => libreview(text, { lines: 3, time: 0, date: monthFirst }),
      offset: always(180),
      dayOffset: 180,
      from: '2018-08-01',
      notes: ['date-order'],
    },
    {
      name: 'libreview/libre3_mgdl_scrubbed.csv',
      person: 'libre',
      zone: 'Europe/Berlin',
      count: (text) => libreview(text, { lines: 2, time: 2, date: dayFirst }),
      offset: always(60),
      dayOffset: 60,
      from: '1961-04-13',
      notes: ['date-order', 'identity-shared'],
    },
  ] satisfies Omit<Case, 'bytes'>[]
).map((c) => ({ ...c, bytes: () => Real.bytes(c.name) }));

const zone = 'Europe/Bucharest';
/** Sixteen days around the last Sunday of March, when four o'clock follows one second after three; with the sensor's words. */
function life(year: number): Reading[] {
  const readings = Person.days(`files ${year}`, { firstAt: Date.UTC(year, 2, 18, 22), days: 16, zone });
  const byValue = readings.filter((r) => r.kind === 'glucose').sort((a, b) => a.value - b.value);
  for (const r of byValue.slice(0, 9)) Object.assign(r, { value: 40, beyond: 'low' });
  for (const r of byValue.slice(-4)) Object.assign(r, { value: 400, beyond: 'high' });
  return readings;
}
const springsAt = (local: string) => (moment: string) => (moment < local ? 120 : 180);

const twins: Case[] = [
  {
    name: 'generated like Clarity.csv',
    person: 'me',
    zone,
    bytes: () =>
      ClarityFile.write(life(2024), {
        zone,
        header: 'mojibake',
        calibrations: 12,
        duplicates: 7,
      }).bytes,
    count: (text) => clarity(text, ','),
    offset: springsAt('2024-03-31 03:00'),
    dayOffset: 180,
    from: '2024-03-20',
    notes: [],
  },
  {
    name: 'generated like LibreView.csv',
    person: 'me',
    zone,
    bytes: () => LibreviewFile.write(life(2023), { zone }).bytes,
    count: (text) => libreview(text, { lines: 2, time: 2, date: dayFirst }),
    offset: springsAt('2023-03-26 03:00'),
    dayOffset: 180,
    from: '2023-03-20',
    notes: ['date-order'],
  },
];

const cases = [...(Real.present ? real : []), ...twins];

let islet: Islet;

beforeAll(async () => {
  islet = await start();
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  for (const name of new Set(cases.map((c) => c.person)))
    if (name !== 'me') await provision(home, network, name, 'patient');
});
afterAll(() => islet?.[Symbol.asyncDispose]());

test('the twins have the quirks of the real files', () => {
  const [clarity, libre] = twins.map((c) => c.count(new TextDecoder().decode(c.bytes()))) as [
    Counted,
    Counted,
  ];
  expect(new TextDecoder().decode(twins[0]!.bytes()).slice(0, 4)).toBe('"ï»¿');
  expect(clarity).toMatchObject({ duplicates: 7, calibrations: 12, words: { low: 9, high: 4 } });
  for (const n of [
    clarity.untimed,
    clarity.kinds.carbs,
    clarity.kinds.activity,
    libre.duplicates,
    libre.kinds.note,
  ])
    expect(n).toBeGreaterThan(0);
});

describe.each(cases)('$name', (c) => {
  const bytes = c.bytes();
  const counted = c.count(new TextDecoder().decode(bytes));
  let file: string;
  beforeAll(async () => {
    file = join(islet.folder, basename(c.name));
    await writeFile(file, bytes);
  });

  test('goes in whole: every row has its place, every reading its kind', async () => {
    const { code, json } = await islet.run('import', file, '--zone', c.zone, '--person', c.person);
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json.rows).toBe(json.produced + json.untimed + json.duplicatesInFile + json.refused.length);
    const { rows, untimed, duplicates, kinds, words, calibrations } = counted;
    expect(rows).toBeGreaterThan(1000);
    expect(json).toMatchObject({
      rows,
      untimed,
      duplicatesInFile: duplicates,
      readings: kinds,
      words,
      calibrations,
      refused: [],
      duplicatesKnown: 0,
      accepted: sum(Object.values(kinds)),
      zone: c.zone,
      zoneAssumed: false,
    });
    expect(sum(Object.values(json.readings))).toBe(json.accepted);
    expect(json.notes.map((n: { code: string }) => n.code)).toEqual(expect.arrayContaining(c.notes));
  });

  test('adds nothing when it comes again', async () => {
    const { code, json } = await islet.run('import', file, '--zone', c.zone, '--person', c.person);
    expect(code).toBe(0);
    expect(json.accepted).toBe(0);
    expect(json.duplicatesKnown).toBe(sum(Object.values(counted.kinds)));
  });

  test('gives a clinician a verified report of exactly what the file says', async () => {
    const to = new Date(Date.parse(c.from) + 13 * dayMs).toISOString().slice(0, 10);
    const range = ['--person', c.person, '--from', c.from, '--to', to];
    const granted = await islet.run(
      'grant',
      '--reader',
      'clinic',
      '--streams',
      'glucose/raw',
      '--until',
      '2200-01-01',
      ...range,
    );
    expect(granted.code, JSON.stringify(granted.json)).toBe(0);
    const { code, json } = await islet.run('report', '--as', 'clinic', ...range);
    expect(code, JSON.stringify(json)).toBe(0);
    const first = Date.parse(c.from) - c.dayOffset * 60_000;
    const points = momentsOf(c, counted).filter(({ at }) => at >= first && at < first + 14 * dayMs);
    expect(points.length).toBeGreaterThan(1000);
    const expected = figures(points.map((p) => p.value));
    expect(json.metrics.n).toBe(expected.n);
    for (const [name, value] of Object.entries(expected))
      expect(json.metrics[name], name).toBeCloseTo(value, 9);
    const days = new Set(points.map(({ at }) => Math.floor((at + c.dayOffset * 60_000) / dayMs)));
    expect(json.verified).toMatchObject({ segments: days.size, receipts: days.size });
    expect(json.verified.chainHead).toBeGreaterThan(0);
    expect(json.verified.completeUntil).toBeGreaterThan(Date.parse('2024-01-01'));
  });
});

/** Readings of one moment count once, with the mean of their distinct values. */
function momentsOf({ offset }: Case, { glucose }: Counted): { at: number; value: number }[] {
  const byTime = new Map<number, Set<number>>();
  for (const { local, value } of glucose) {
    const at = Date.parse(`${local.replace(' ', 'T')}Z`) - offset(local) * 60_000;
    byTime.set(at, (byTime.get(at) ?? new Set()).add(value));
  }
  return [...byTime].map(([at, values]) => ({ at, value: sum([...values]) / values.size }));
}

/** Battelino 2019's bands of whole mg/dL, the sample's standard deviation. */
function figures(values: number[]) {
  const n = values.length;
  const meanMgDl = sum(values) / n;
  const sdMgDl = Math.sqrt(sum(values.map((v) => (v - meanMgDl) ** 2)) / (n - 1));
  const share = (from: number, to: number) =>
    (100 * values.filter((v) => Math.round(v) >= from && Math.round(v) <= to).length) / n;
  return {
    n,
    meanMgDl,
    sdMgDl,
    cvPercent: (100 * sdMgDl) / meanMgDl,
    veryLowPercent: share(0, 53),
    lowPercent: share(54, 69),
    inRangePercent: share(70, 180),
    tightRangePercent: share(70, 140),
    highPercent: share(181, 250),
    veryHighPercent: share(251, 1000),
  };
}

const sum = (numbers: unknown[]): number => (numbers as number[]).reduce((a, b) => a + b, 0);

const linesOf = (text: string, after: number): string[] => text.trimEnd().split(/\r?\n/).slice(after);

function clarity(text: string, separator: string): Counted {
  const lines = linesOf(text, 1);
  const rows = lines.map((line) => line.split(separator));
  const timed = [...new Map(rows.map((cells) => [cells.slice(1).join('|'), cells])).values()].filter(
    (cells) => cells[1] !== '',
  );
  const untimed = rows.filter((cells) => cells[1] === '').length;
  const of = (...types: string[]) => timed.filter((cells) => types.includes(cells[2]!)).length;
  const egv = timed.filter((cells) => cells[2] === 'EGV');
  const word = (text: string) => egv.filter((cells) => cells[7] === text).length;
  return {
    rows: lines.length,
    untimed,
    duplicates: rows.length - untimed - timed.length,
    kinds: {
      glucose: egv.length,
      insulin: of('Insulin'),
      carbs: of('Carbs'),
      activity: of('Exercise'),
      device: of('Calibration', 'Alert', 'Device'),
      note: of('Notes', 'Health'),
    },
    words: { low: word('Low'), high: word('High') },
    calibrations: of('Calibration'),
    glucose: egv.map((cells) => ({
      local: cells[1]!.replace('T', ' '),
      value: { Low: 40, High: 400 }[cells[7]!] ?? Number(cells[7]),
    })),
  };
}

const dayFirst = (date: string) => date.split('-').reverse().join('-');
const monthFirst = (date: string) => {
  const [month, day, year] = date.split('/');
  return `20${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`;
};

/** `lines` above the first row; the time's column, after which the others stand in one order in both layouts. */
function libreview(
  text: string,
  layout: { lines: number; time: number; date: (text: string) => string },
): Counted {
  const lines = linesOf(text, layout.lines);
  const rows = lines.map((line) =>
    [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((m) => m[1]!.replace(/^"|"$/g, '')),
  );
  const distinct = [...new Map(rows.map((cells) => [cells.join('|'), cells])).values()];
  const at = (column: number) => distinct.filter((cells) => (cells[layout.time + column] ?? '') !== '');
  const notes = layout.lines === 2 ? 11 : 12;
  const empty = distinct.filter((cells) => cells.slice(layout.time + 2).every((cell) => cell === '')).length;
  return {
    rows: lines.length,
    untimed: 0,
    duplicates: rows.length - distinct.length,
    kinds: {
      glucose: at(2).length + at(3).length + at(notes + 1).length,
      insulin: at(5).length + at(notes - 1).length,
      carbs: at(7).length,
      activity: 0,
      device: empty + at(notes + 2).length,
      note: at(notes).length,
    },
    words: { low: 0, high: 0 },
    calibrations: 0,
    glucose: at(2).map((cells) => {
      const [date, time] = cells[layout.time]!.split(' ') as [string, string];
      return {
        local: `${layout.date(date)} ${time.padStart(5, '0')}`,
        value: Number(cells[layout.time + 2]),
      };
    }),
  };
}
