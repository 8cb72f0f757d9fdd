// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Figure from '../Figure.mjs';
import * as Load from '../Load.mjs';
import * as Postgres from '../Postgres.mjs';
import * as Quantile from '../Quantile.mjs';

const target = 0.5;
/** As many as travel in one post of an import. */
const perInsert = 4_000;
const workers = 32;
const rate = 500;

// What a sensible service would keep of a reading, with the key that recognises one that comes twice.
const table = `create table readings (
  patient text not null, kind text not null, at bigint not null, source text not null, offset_minutes smallint not null,
  said text not null, value double precision, details jsonb not null, primary key (patient, kind, at, source))`;
const columns = [
  ['patient', 'text'],
  ['kind', 'text'],
  ['at', 'bigint'],
  ['source', 'text'],
  ['offset_minutes', 'smallint'],
  ['said', 'text'],
  ['value', 'double precision'],
  ['details', 'jsonb'],
];
const insert = `insert into readings (${columns.map(([name]) => name).join(', ')})
  select * from unnest(${columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')}) on conflict do nothing`;

/** The same readings into plain PostgreSQL, each insert committed durably before it counts. */
export async function measure(scene) {
  const lives = await scene.lives();
  const postgres = await Postgres.start();
  const first = postgres.pool(1);
  await first.query(table);
  scene.say(`inserting the same readings into ${postgres.version}`);
  const readings = lives.reduce((n, life) => n + life.readings.length, 0);
  const began = performance.now();
  for (const { name, readings: all } of lives)
    for (let from = 0; from < all.length; from += perInsert)
      await first.query({
        name: 'insert',
        text: insert,
        values: valuesOf(name, all.slice(from, from + perInsert)),
      });
  const bulkRate = (readings * 1_000) / (performance.now() - began);
  const { rows } = await first.query('select count(*)::int as n from readings');
  if (rows[0].n !== readings)
    throw new Error(`${readings} readings were inserted and ${rows[0].n} are there`);

  const seconds = scene.quick ? 3 : 8;
  const many = postgres.pool(workers);
  const one = (n) => {
    const reading = { ...lives[0].readings[0], at: 10_000_000_000_000 + n };
    return many.query({ name: 'insert', text: insert, values: valuesOf('single', [reading]) });
  };
  scene.say(`single rows into ${postgres.version}, ${seconds} s at a rate, ${seconds} s without`);
  const open = await Load.open({ rate, seconds, send: one });
  const closed = await Load.closed({ workers, seconds, send: (n) => one(rate * seconds + n) });
  await Promise.all([first.end(), many.end()]);
  await postgres.stop();
  for (const load of [open, closed]) if (load.failures.length > 0) throw new Error(load.failures[0]);

  const bulk = await scene.bulk();
  const ratio = bulk.readings / bulk.sealing / bulkRate;
  const { posts } = scene.results;
  return [
    {
      what: 'bulk, against plain PostgreSQL inserts',
      measured: Figure.times(ratio, 1),
      value: ratio,
      unit: '×',
      baseline: `${Figure.count(bulkRate)} readings/s`,
      target: `≥ ${target} ×`,
      met: ratio >= target,
      note: `${postgres.version}, fsync and synchronous_commit on, ${perInsert} rows an insert, one insert a commit, one connection, as an import posts. It seals nothing, keeps one copy, derives no summaries.`,
    },
    {
      what: 'single posts, against one row per commit',
      measured: posts === undefined ? '–' : Figure.times(posts, Load.rateOf(closed)),
      value: posts === undefined ? null : posts / Load.rateOf(closed),
      unit: '×',
      baseline: `${Figure.count(Load.rateOf(closed))} rows/s`,
      met: null,
      note: `${workers} connections; p50 ${Figure.time(Quantile.of(closed.latencies, 0.5))}, p99 ${Figure.time(Quantile.of(closed.latencies, 0.99))}. At ${rate} a second: p50 ${Figure.time(Quantile.of(open.latencies, 0.5))}, p99 ${Figure.time(Quantile.of(open.latencies, 0.99))}. No HTTP is in it.`,
    },
  ];
}

function valuesOf(patient, readings) {
  const lists = columns.map(() => []);
  for (const reading of readings) {
    const { kind, at, offsetMinutes, said, source, value, ...rest } = reading;
    const number = value ?? reading.units ?? reading.grams ?? reading.amount ?? null;
    const row = [
      patient,
      kind,
      at,
      `${source.app}/${source.device}`,
      offsetMinutes,
      said,
      number,
      JSON.stringify(rest),
    ];
    for (const [i, cell] of row.entries()) lists[i].push(cell);
  }
  return lists;
}
