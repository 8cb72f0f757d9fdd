// Copyright the Islet authors. AGPL-3.0-or-later.
// Values as they come, and the cut when they may no longer come; weeks and reports, and nothing finer. In real processes.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as Access from '@islet/client/Access';
import * as Held from '@islet/client/Held';
import * as Day from '@islet/core/Day';
import * as KeyTree from '@islet/core/KeyTree';
import * as Points from '@islet/core/metrics/Points';
import * as Metrics from '@islet/core/metrics/Summary';
import * as Span from '@islet/core/Span';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';

const program = fileURLToPath(new URL('../packages/cli/bin/islet.mjs', import.meta.url));
const zone = 'Etc/UTC';
const offset = 0;
/** A report and the week after it, in a winter long ago. */
const report = Span.of('glucose/report', Day.parse('1962-01-10')!);
const week = Span.of('glucose/week', report.lastDay);
const firstAt = Day.startOf(report.firstDay, offset);
const readings = Person.days('follow', { firstAt, days: 16, zone });
const date = (day: number): string => Day.format(day);

let islet: Islet;
let write: string;

beforeAll(async () => {
  islet = await start();
  const paired = await islet.run('pair');
  write = paired.json.apiSecret;
  expect(write, JSON.stringify(paired.json)).toBeTypeOf('string');
});
afterAll(() => islet?.[Symbol.asyncDispose]());

type Line = Record<string, any>;
type Follower = {
  child: ChildProcess;
  lines: Line[];
  /** The first line that fits, once it is there. */
  told(fits: (line: Line) => boolean): Promise<Line>;
  ended: Promise<{ code: number | null; lines: Line[] }>;
};

function follow(...args: string[]): Follower {
  const child = spawn(process.execPath, [program, 'follow', '--json', ...args], {
    env: { ...process.env, ISLET_HOME: islet.folder, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  let over = false;
  const wakes: (() => void)[] = [];
  const wake = (): void => {
    for (const one of wakes.splice(0)) one();
  };
  createInterface({ input: child.stdout! }).on('line', (text) => {
    lines.push(JSON.parse(text));
    wake();
  });
  const ended = new Promise<{ code: number | null; lines: Line[] }>((done) =>
    child.once('close', (code) => {
      over = true;
      wake();
      done({ code, lines });
    }),
  );
  return {
    child,
    ended,
    lines,
    async told(fits) {
      for (;;) {
        const line = lines.find(fits);
        if (line) return line;
        if (over) throw new Error(`the follower ended: ${JSON.stringify(lines)}`);
        await new Promise<void>((done) => wakes.push(done));
      }
    },
  };
}

/** A reading of now, as an uploader sends it. */
async function post(sgv: number): Promise<void> {
  const at = Date.now();
  const body = [{ type: 'sgv', sgv, date: at, dateString: new Date(at).toISOString(), device: 'sim' }];
  const headers = { 'api-secret': write, 'content-type': 'application/json' };
  const answer = await fetch(`${islet.ready.gateway}/api/v1/entries`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

const asking = (streams: string, from: string, to: string, ...more: string[]) => {
  const window = ['--streams', streams, '--from', from, '--to', to, '--until', '2200-01-01'];
  return islet.run('grant', '--reader', 'clinic', ...window, ...more);
};

async function grant(...asked: [streams: string, from: string, to: string, ...string[]]): Promise<string> {
  const { code, json } = await asking(...asked);
  expect(code, JSON.stringify(json)).toBe(0);
  return json.grant;
}

const isValue = (sgv: number) => (line: Line) => line.kind === 'value' && Math.round(line.mgdl) === sgv;

describe('a follower of the live value', () => {
  let grantId: string;
  let clinic: Follower;

  test('without a grant is refused, on record', async () => {
    const { code, lines } = await follow('--as', 'clinic').ended;
    expect([code === 0, lines.at(-1)?.error.code]).toEqual([false, 'DENIED_UNKNOWN_GRANT']);
  });

  test('is shown a value that was posted, and told when it is proven to be on the chain', async () => {
    const today = Day.of(Date.now(), 0);
    grantId = await grant('glucose/live', date(today - 1), date(today + 365));
    clinic = follow('--as', 'clinic');
    // From the first head on it is connected; the gateway has seen the grant within a second or two.
    await clinic.told((line) => line.kind === 'heard');
    for (let sgv = 101; !clinic.lines.some((line) => line.kind === 'value'); sgv++) {
      await post(sgv);
      await new Promise((done) => setTimeout(done, 1_500));
    }
    await post(151);
    const { reading, stream, sealedAt, ageSeconds } = await clinic.told(isValue(151));
    expect([reading.kind, reading.value, stream, ageSeconds < 60]).toEqual([
      'glucose',
      151,
      'glucose/live',
      true,
    ]);
    const { until } = await clinic.told((line) => line.kind === 'anchored' && line.until >= sealedAt);
    expect(until).toBeGreaterThanOrEqual(sealedAt);
  });

  test('made one request, and looks back at nothing: neither the stream nor its keys open what was', async () => {
    const { json } = await islet.run('access');
    const granted = json.accesses.filter((a: Line) => a.code === 'GRANTED');
    expect(granted).toHaveLength(1);
    const network = await connect(Home.at(islet.folder));
    const people = await Promise.all(
      ['clinic', 'me'].map((name) => People.need(Home.at(islet.folder), name)),
    );
    const [reader, me] = people.map((p) => p.wallet);
    const [held] = await Held.from(network, reader!, me!.account);
    const today = Day.of(Date.now(), 0);
    const wanted = { streams: ['glucose/live' as const], firstDay: today - 1, lastDay: today };
    expect((await Access.granted(network, reader!, held!, wanted)).segments).toEqual([]);
    await network.close();
    const raw = await islet.run(
      'report',
      '--as',
      'clinic',
      '--from',
      date(today),
      '--to',
      date(today),
      '--stream',
      'glucose/raw',
    );
    expect(raw.json.error.code).toBe('DENIED_WRONG_STREAM');
  });

  test('is cut off when the patient revokes: the next value never comes', async () => {
    const { code, json } = await islet.run('revoke', grantId.slice(0, 12));
    expect(code, JSON.stringify(json)).toBe(0);
    await post(199);
    const { code: left, lines } = await clinic.ended;
    expect(left).not.toBe(0);
    expect(['FOLLOW_ENDED', 'DENIED_REVOKED']).toContain(lines.at(-1)?.error.code);
    expect(lines.filter(isValue(199))).toEqual([]);
    const again = await follow('--as', 'clinic').ended;
    expect(again.lines.at(-1)?.error.code).toBe('DENIED_REVOKED');
  });

  test('who is the patient follows every value, without a grant, until interrupted', async () => {
    const me = follow('--as', 'me');
    await me.told((line) => line.kind === 'heard');
    await post(123);
    expect((await me.told(isValue(123))).stream).toBe('glucose/raw');
    me.child.kill('SIGINT');
    expect((await me.ended).code).toBe(0);
  });
});

describe('a reader of weeks', () => {
  beforeAll(async () => {
    const file = join(islet.folder, 'weeks.csv');
    await writeFile(file, ClarityFile.write(readings, { zone } as ClarityFile.Quirks).bytes);
    const { code, json } = await islet.run('import', file, '--zone', zone);
    expect(code, JSON.stringify(json)).toBe(0);
  });
  const reported = (from: number, to: number, ...more: string[]) =>
    islet.run('report', '--as', 'clinic', '--from', date(from), '--to', date(to), ...more);
  const expected = ({ firstDay, lastDay }: Span.Span) =>
    Metrics.summarise(Points.fromReadings(readings), {
      from: Day.startOf(firstDay, offset),
      to: Day.endOf(lastDay, offset),
    });

  test('opens the average of exactly that week, and nothing finer', async () => {
    const halves = ['--streams', 'glucose/week', '--until', '2200-01-01', '--reader', 'clinic'];
    const half = await islet.run(
      'grant',
      ...halves,
      '--from',
      date(week.firstDay),
      '--to',
      date(week.lastDay - 1),
    );
    expect(half.json.error.code).toBe('GRANT_NO_WHOLE_SPAN');
    await grant('glucose/week', date(week.firstDay - 3), date(week.lastDay));
    const { code, json } = await reported(week.firstDay, week.lastDay, '--stream', 'glucose/week');
    expect(code, JSON.stringify(json)).toBe(0);
    const right = expected(week);
    expect([json.metrics.n, json.verified.segments]).toEqual([right.n, 1]);
    expect(json.metrics.meanMgDl).toBeCloseTo(right.meanMgDl!, 1);
    // The grant's days begin within the week before: of that one it has no key, nor of any day.
    for (const stream of ['glucose/day', 'glucose/hour', 'glucose/raw', 'glucose/report'])
      expect((await reported(report.firstDay, report.lastDay, '--stream', stream)).json.error.code).toBe(
        'DENIED_WRONG_STREAM',
      );
    expect(
      (await reported(week.firstDay - 7, week.lastDay, '--stream', 'glucose/week')).json.error.code,
    ).toBe('DENIED_OUTSIDE_WINDOW');
    await using network = await connect(Home.at(islet.folder));
    const [reader, me] = (
      await Promise.all(['clinic', 'me'].map((name) => People.need(Home.at(islet.folder), name)))
    ).map((p) => p.wallet);
    const held = await Held.from(network, reader!, me!.account);
    const weekly = held.flatMap((h) => h.keys.streams).filter((s) => s.stream === 'glucose/week');
    const opens = (day: number): boolean => weekly.some((s) => KeyTree.leaf(s.nodes, day) !== undefined);
    for (let day = week.firstDay - 20; day < week.lastDay + 20; day++)
      expect(opens(day), date(day)).toBe(day >= week.firstDay && day <= week.lastDay);
  });

  test('draws the one-page report from the report alone', async () => {
    const asked = ['glucose/report', date(report.firstDay), date(report.lastDay)] as const;
    // Fourteen days less the week of the grant before would be the other week.
    expect((await asking(...asked)).json.error.code).toBe('GRANT_DERIVES_MORE');
    await grant(...asked, '--meant');
    const { code, json } = await reported(report.firstDay, report.lastDay, '--stream', 'glucose/report');
    expect(code, JSON.stringify(json)).toBe(0);
    const right = expected(report);
    expect([json.metrics.n, json.verified.segments, json.profile.length]).toEqual([right.n, 1, 24]);
    expect(json.metrics.sdMgDl).toBeCloseTo(right.sdMgDl!, 1);
    for (const { p05, p25, p50, p75, p95 } of json.profile)
      expect([p05, p25, p50, p75, p95]).toEqual([p05, p25, p50, p75, p95].toSorted((a, b) => a - b));
  });
});
