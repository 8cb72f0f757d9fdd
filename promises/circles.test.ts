// Copyright the Islet authors. AGPL-3.0-or-later.
// A circle of carers in real processes: a parent lets in whom they choose, within what the patient signed and no further.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import { provision } from '@islet/cli/Provision';
import * as Day from '@islet/core/Day';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, type Result, start } from './islet.testkit.js';

const zone = 'Etc/UTC';
const dayMs = 86_400_000;
const today = () => Day.of(Date.now(), 0);

let islet: Islet;
let circle: string;
let id: string;

beforeAll(async () => {
  islet = await start();
  await settle('parent', 'nurse', 'teacher');
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 4 * dayMs;
  const readings = Person.days('circles', { firstAt, days: 4, zone });
  const file = join(islet.folder, 'export.csv');
  await writeFile(file, ClarityFile.write(readings, { zone } as ClarityFile.Quirks).bytes);
  ok(await islet.run('import', file, '--zone', zone));
}, 300_000);
afterAll(() => islet?.[Symbol.asyncDispose]());

/** Gives each an account. Commands wait for nobody, so the folder is free again before the next. */
async function settle(...names: string[]): Promise<void> {
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  for (const name of names) await provision(home, network, name, 'clinician');
}

function ok({ code, json }: Result): Record<string, any> {
  expect(code, JSON.stringify(json)).toBe(0);
  return json;
}

const refusal = async (...args: string[]): Promise<string> =>
  (await islet.run(...args)).json.error?.code ?? 'ALLOWED';
const look = (as: string, stream = 'glucose/raw'): string[] => {
  const [from, to] = [today() - 3, today() - 2].map(Day.format) as [string, string];
  return ['report', '--as', as, '--stream', stream, '--from', from, '--to', to];
};
const grant = async (...args: string[]): Promise<Record<string, any>> => {
  const days = ['--from', Day.format(today() - 3), '--to', Day.format(today() - 1)];
  const terms = ['--streams', 'glucose/raw', ...days, '--until', '2200-01-01'];
  return ok(await islet.run('grant', '--circle', circle, ...terms, '--purpose', 'care-giving', ...args));
};

/** An hour of the day that is far from now. */
function otherHours(): string {
  const hour = Math.min((new Date().getUTCHours() + 12) % 24, 22);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(hour)}:00-${two(hour)}:59`;
}

test('the patient names a keeper, and grants to whoever they let in', async () => {
  const opened = await islet.run('circle', 'open', 'parent', '--people', '1', '--until', '2200-01-01');
  circle = ok(opened).circle.slice(0, 12);
  const made = await grant();
  id = made.grant;
  expect(made.sentence).toMatch(
    /^Whoever parent lets in, at most one person at a time, may see your glucose readings of .*, for care-giving, until the end of 1 January 2200\.$/,
  );
  expect(ok(await islet.run('grants')).grants[0].sentence).toBe(made.sentence);
});

test('whom the parent lets in reads within the bounds, and nobody else at all', async () => {
  ok(await islet.run('circle', 'admit', 'nurse', '--circle', circle, '--as', 'parent'));
  const { metrics } = ok(await islet.run(...look('nurse')));
  expect(metrics.n).toBeGreaterThan(200);
  expect(await refusal(...look('nurse', 'glucose/day'))).toBe('DENIED_WRONG_STREAM');
  expect(await refusal(...look('parent'))).toBe('DENIED_NOT_IN_CIRCLE');
  expect(await refusal(...look('teacher'))).toBe('DENIED_UNKNOWN_GRANT');
});

test('the parent lets in no more than the patient signed, and the nurse nobody', async () => {
  const more = (as: string) => refusal('circle', 'admit', 'teacher', '--circle', circle, '--as', as);
  expect(await more('parent')).toBe('CIRCLES_FULL');
  expect(await more('nurse')).toBe('CIRCLES_NOT_THE_KEEPER');
});

test('outside the hours that the patient signed, the nurse is refused', async () => {
  ok(await islet.run('revoke', id));
  const hourly = await grant('--hours', otherHours());
  expect(await refusal(...look('nurse'))).toBe('DENIED_OUTSIDE_HOURS');
  ok(await islet.run('revoke', hourly.grant));
  await grant();
  ok(await islet.run(...look('nurse')));
});

test('whom the parent takes out is refused at once, and another comes in', async () => {
  ok(await islet.run('circle', 'dismiss', 'nurse', '--circle', circle, '--as', 'parent'));
  expect(await refusal(...look('nurse'))).toBe('DENIED_NOT_IN_CIRCLE');
  ok(await islet.run('circle', 'admit', 'teacher', '--circle', circle, '--as', 'parent'));
  ok(await islet.run(...look('teacher')));
  expect(ok(await islet.run('circle', 'list')).circles).toMatchObject([
    { state: 'open', keeper: 'parent', people: ['teacher'], maxPeople: 1 },
  ]);
});

test('when the patient ends the circle, everybody is refused', async () => {
  ok(await islet.run('circle', 'end', circle));
  expect(await refusal(...look('teacher'))).toBe('DENIED_NOT_IN_CIRCLE');
  expect(await refusal('circle', 'admit', 'nurse', '--circle', circle, '--as', 'parent')).toBe(
    'CIRCLES_OVER',
  );
});

test('the log names each person, and who let them in', async () => {
  const { accesses } = ok(await islet.run('access'));
  const granted = accesses.filter((a: Record<string, any>) => a.outcome === 'granted' && a.keeper);
  expect(granted.map((a: Record<string, any>) => [a.reader, a.keeper])).toEqual([
    ...[
      ['nurse', 'parent'],
      ['nurse', 'parent'],
      ['teacher', 'parent'],
    ],
  ]);
  expect(granted[0].sentence).toContain('nurse (admitted by parent) looked at glucose/raw');
  const refused = accesses.find((a: Record<string, any>) => a.code === 'DENIED_NOT_IN_CIRCLE');
  expect(refused.sentence).toContain('parent (in the circle that parent keeps) asked');
});
