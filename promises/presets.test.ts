// Copyright the Islet authors. AGPL-3.0-or-later.
// Each preset is granted, used, refused outside its bounds, shown in the log, revoked, exported and erased. In real
// processes. Nobody can turn the clock of these, so hours and weekdays are chosen by the clock.
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import { provision } from '@islet/cli/Provision';
import * as Access from '@islet/client/Access';
import * as Guarding from '@islet/client/Guarding';
import * as Held from '@islet/client/Held';
import type { Network } from '@islet/client/Network';
import * as Watching from '@islet/client/Watching';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import * as Span from '@islet/core/Span';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Islet, type Result, start } from './islet.testkit.js';

const program = fileURLToPath(new URL('../packages/cli/bin/islet.mjs', import.meta.url));
const zone = 'Etc/UTC';
const dayMs = 86_400_000;
const today = () => Day.of(Date.now(), 0);
const date = (day: number): string => Day.format(day);
const names = ['nurse', 'dr', 'medic', 'study'] as const;

let islet: Islet;
let home: Home.Home;
let secret: string;

beforeAll(async () => {
  islet = await start();
  home = Home.at(islet.folder);
  await within(async (network) => {
    for (const name of names) await provision(home, network, name, 'clinician');
  });
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 23 * dayMs;
  const readings = Person.days('presets', { firstAt, days: 24, zone }).filter((r) => r.at < Date.now());
  const file = join(islet.folder, 'export.csv');
  await writeFile(file, ClarityFile.write(readings, { zone } as ClarityFile.Quirks).bytes);
  ok(await islet.run('import', file, '--zone', zone));
  secret = ok(await islet.run('pair')).apiSecret;
  const bolus = { eventType: 'Correction Bolus', insulin: 1.5, created_at: new Date().toISOString() };
  expect((await upload('treatments', bolus)).status).toBe(200);
}, 300_000);
afterAll(() => islet?.[Symbol.asyncDispose]());

async function within<T>(work: (network: Network) => Promise<T>): Promise<T> {
  await using network = await connect(home);
  return await work(network);
}

function ok({ code, json }: Result): Record<string, any> {
  expect(code, JSON.stringify(json)).toBe(0);
  return json;
}

const refusal = async (...args: string[]): Promise<string> =>
  (await islet.run(...args)).json.error?.code ?? 'ALLOWED';
const grant = async (...args: string[]): Promise<{ grant: string; sentence: string }> =>
  ok(await islet.run('grant', '--until', '2200-01-01', ...args)) as { grant: string; sentence: string };
const look = (as: string, stream: string, from: number, to: number): string[] => [
  ...['report', '--as', as, '--stream', stream, '--from', date(from), '--to', date(to)],
];
const log = async (reader: string): Promise<Record<string, any>[]> =>
  ok(await islet.run('access', '--reader', reader)).accesses;
const codes = async (reader: string): Promise<string[]> => (await log(reader)).map((a) => a.code);

/** What a request says that no command would: with the papers of who holds the grant, changed. */
const tried = (as: string, holder: string, change: (held: Held.Held) => Held.Held, wanted: Access.Wanted) =>
  within(async (network) => {
    const me = await People.need(home, 'me');
    const { wallet } = await People.need(home, holder);
    const [held] = await Held.from(network, wallet, me.wallet.account);
    try {
      await Access.granted(network, (await People.need(home, as)).wallet, change(held!), wanted);
      return 'ALLOWED';
    } catch (error) {
      if (error instanceof IsletError) return error.code;
      throw error;
    }
  });

const otherPurpose = (held: Held.Held): Held.Held => ({
  ...held,
  keys: { ...held.keys, purpose: 'payment' },
});

/** Follows as someone while an uploader posts, until the first value is shown or it ends. */
async function firstValue(as: string): Promise<Record<string, any>> {
  const child = spawn(process.execPath, [program, 'follow', '--as', as, '--json'], {
    env: { ...process.env, ISLET_HOME: islet.folder, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = new Promise<Record<string, any>>((done) => {
    let last: Record<string, any> = {};
    createInterface({ input: child.stdout }).on('line', (text) => {
      last = JSON.parse(text);
      if (last.kind === 'value') done(last);
    });
    child.once('close', () => done(last));
  });
  const posting = setInterval(() => void post(100 + Math.floor(Math.random() * 50)), 1500);
  try {
    return await told;
  } finally {
    clearInterval(posting);
    if (child.exitCode === null) {
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGINT');
      await closed;
    }
  }
}

/** Names guardians, any two of whom could help, and has them accept: they call the person Mia. */
const guardedBy = (...guardians: string[]) =>
  within(async (network) => {
    const keep = People.keeper(home);
    const people = await Promise.all(guardians.map((name) => People.need(home, name)));
    const accounts = people.map(({ wallet }) => wallet.account);
    const choice = { guardians: accounts, threshold: 2 };
    const { invitations } = await Guarding.set(network, await People.need(home, 'me'), keep, choice);
    for (const person of people) await Guarding.accept(network, person, keep, invitations[0]!, 'Mia');
  });

/** The first line that `islet watch` says while something happens. */
async function whileWatching(as: string, work: () => Promise<void>): Promise<Record<string, any>> {
  const child = spawn(process.execPath, [program, 'watch', '--person', as, '--json'], {
    env: { ...process.env, ISLET_HOME: islet.folder, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((done) => child.once('close', done));
  const told = new Promise<Record<string, any>>((done, fail) => {
    createInterface({ input: child.stdout }).once('line', (text) => done(JSON.parse(text)));
    child.once('close', () => fail(new Error('it ended and told nothing')));
  });
  try {
    const [first] = await Promise.all([told, work()]);
    return first;
  } finally {
    child.kill('SIGINT');
    await closed;
  }
}

async function post(sgv: number): Promise<void> {
  const at = Date.now();
  const entry = { type: 'sgv', sgv, date: at, dateString: new Date(at).toISOString(), device: 'sim' };
  await upload('entries', entry).catch(() => undefined);
}

function upload(what: string, one: object): Promise<Response> {
  const headers = { 'api-secret': secret, 'content-type': 'application/json' };
  const body = JSON.stringify([one]);
  return fetch(`${islet.ready.gateway}/api/v1/${what}`, { method: 'POST', headers, body });
}

/** The newest window of reports that is over. */
function fortnight(): readonly [number, number] {
  const { firstDay } = Span.of('glucose/report', today());
  return [firstDay - 14, firstDay - 1];
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const weekday = (at = Date.now()): number => (new Date(at).getUTCDay() + 6) % 7;
/** Two hours of the day that are far from now. */
function otherHours(): string {
  const hour = (new Date().getUTCHours() + 12) % 24;
  const from = Math.min(hour, 22);
  return `${String(from).padStart(2, '0')}:00-${from + 1}:59`.replace(/-(\d):/, '-0$1:');
}

describe('follow live', () => {
  let id: string;

  test('is granted as one sentence', async () => {
    const made = await grant('--preset', 'follow', '--reader', 'clinic');
    id = made.grant;
    expect(made.sentence).toBe(
      'clinic may see your glucose value as it comes, for care-giving, until the end of 1 January 2200.',
    );
    expect(ok(await islet.run('grants')).grants[0]).toMatchObject({
      sentence: made.sentence,
      state: 'active',
    });
  });

  test('shows values as they come', async () => {
    expect(await firstValue('clinic')).toMatchObject({ kind: 'value', stream: 'glucose/live' });
  });

  test('shows nothing else: no other kind, no past day, for no other purpose', async () => {
    const t = today();
    expect(await refusal(...look('clinic', 'glucose/raw', t, t))).toBe('DENIED_WRONG_STREAM');
    const wanted: Access.Wanted = { streams: ['glucose/live'], firstDay: t, lastDay: t };
    const past = { ...wanted, firstDay: t - 5 };
    expect(await tried('clinic', 'clinic', (held) => held, past)).toBe('DENIED_OUTSIDE_WINDOW');
    expect(await tried('clinic', 'clinic', otherPurpose, wanted)).toBe('DENIED_WRONG_PURPOSE');
    expect(await tried('nurse', 'clinic', (held) => held, wanted)).toBe('DENIED_WRONG_READER');
  });

  test('ends with its revocation, and all of it is in the log', async () => {
    ok(await islet.run('revoke', id));
    expect((await firstValue('clinic')).error?.code).toBe('DENIED_REVOKED');
    expect(await codes('clinic')).toEqual([
      ...[
        'GRANTED',
        'DENIED_WRONG_STREAM',
        'DENIED_OUTSIDE_WINDOW',
        'DENIED_WRONG_PURPOSE',
        'DENIED_REVOKED',
      ],
    ]);
    expect(await codes('nurse')).toEqual(['DENIED_WRONG_READER']);
  });
});

describe('school hours', () => {
  let id: string;

  test('are said in the sentence', async () => {
    const { sentence, grant: usual } = await grant('--preset', 'school', '--reader', 'nurse');
    expect(sentence).toContain(', on weekdays 08:00–15:30 (UTC), for care-giving,');
    ok(await islet.run('revoke', usual));
  });

  test('within them, the nurse follows', async () => {
    const all = ['--hours', '00:00-24:00', '--weekdays', 'mon-sun'];
    ({ grant: id } = await grant('--preset', 'school', '--reader', 'nurse', ...all));
    expect(await firstValue('nurse')).toMatchObject({ kind: 'value', stream: 'glucose/live' });
    ok(await islet.run('revoke', id));
  });

  test('outside them, by the hour or by the weekday, the nurse is refused', async () => {
    const away = [weekdays[(weekday() + 3) % 7]!, weekdays[(weekday() + 4) % 7]!].join(',');
    for (const when of [
      ['--hours', otherHours(), '--weekdays', 'mon-sun'],
      ['--hours', '00:00-24:00', '--weekdays', away],
    ]) {
      const { grant: other } = await grant('--preset', 'school', '--reader', 'nurse', ...when);
      const ended = await firstValue('nurse');
      expect(ended.error?.code, when.join(' ')).toBe('DENIED_OUTSIDE_HOURS');
      ok(await islet.run('revoke', other));
    }
    expect((await log('nurse')).filter((a) => a.code === 'DENIED_OUTSIDE_HOURS').length).toBeGreaterThan(0);
  });
});

describe('what somebody asks', () => {
  const why = 'For your visit in the school holidays.';
  const asked = async (...more: string[]): Promise<Record<string, any>> =>
    ok(await islet.run('ask', 'me', '--as', 'nurse', '--why', why, '--until', '2200-01-01', ...more));
  const pending = async (): Promise<Record<string, any>[]> => ok(await islet.run('asks')).asks;
  const outcome = async (id: string): Promise<Record<string, any>> =>
    ok(await islet.run('asks', '--as', 'nurse')).asked.find((one: { ask: string }) => one.ask === id);

  test('is shown with who, what and why, and granted narrower than it was asked for', async () => {
    const { ask, sentence } = await asked('--preset', 'follow');
    expect(sentence).toContain('nurse may see me’s glucose value as it comes');
    expect(await pending()).toMatchObject([{ ask, name: 'nurse', why, sentence: expect.any(String) }]);
    expect((await outcome(ask)).state).toBe('pending');
    const made = ok(await islet.run('grant', '--ask', ask.slice(0, 12), '--until', '2199-01-01'));
    expect(made.sentence).toBe(
      'nurse may see your glucose value as it comes, for care-giving, until the end of 1 January 2199.',
    );
    expect(await pending()).toEqual([]);
    expect(await outcome(ask)).toMatchObject({ state: 'granted', grant: made.grant });
    expect(await firstValue('nurse')).toMatchObject({ kind: 'value' });
    ok(await islet.run('revoke', made.grant));
    expect(await refusal('grant', '--ask', ask.slice(0, 12))).toBe('ASK_NONE');
  });

  test('is declined with a word, and opens nothing before it is granted', async () => {
    const { ask } = await asked('--preset', 'visit');
    const refused = await refusal(...look('nurse', 'glucose/day', today() - 3, today() - 1));
    expect(refused).toMatch(/^DENIED_/);
    ok(await islet.run('asks', 'decline', ask.slice(0, 12), '--word', 'Not before June.'));
    expect(await outcome(ask)).toMatchObject({ state: 'declined', grant: null, word: 'Not before June.' });
    expect(await refusal('asks', 'decline', ask.slice(0, 12))).toBe('ASK_NONE');
  });

  test('is not shown of who was blocked', async () => {
    ok(await islet.run('asks', 'block', 'study'));
    const { ask } = ok(
      await islet.run(
        'ask',
        'me',
        '--as',
        'study',
        '--why',
        why,
        '--until',
        '2200-01-01',
        '--preset',
        'visit',
      ),
    );
    expect(await pending()).toEqual([]);
    ok(await islet.run('asks', 'unblock', 'study'));
    expect((await pending()).map((one) => one.ask)).toEqual([ask]);
    ok(await islet.run('asks', 'decline', ask));
  });

  test('with a why that is not plain, or together with another reader, is refused', async () => {
    const bad = ['--why', 'a\u202Eb', '--until', '2200-01-01', '--preset', 'visit'];
    expect(await refusal('ask', 'me', '--as', 'nurse', ...bad)).toBe('ASK_BAD_WORDS');
    expect(await refusal('grant', '--ask', 'abcdef', '--reader', 'nurse')).toBe('CLI_READER_OR_ROLE');
    expect(await refusal('grant', '--reader', 'nurse', '--preset', 'visit')).toBe('CLI_GRANT_UNSAID');
  });
});

describe('the endocrinologist’s visit, granted to a role', () => {
  let id: string;
  const inside = () => [today() - 13, today() - 1] as const;

  test('is granted to whoever holds the role', async () => {
    ok(await islet.run('role', 'create', 'on-call'));
    ok(await islet.run('role', 'appoint', 'on-call', 'dr'));
    expect(ok(await islet.run('role', 'list')).roles).toMatchObject([{ role: 'on-call', holders: ['dr'] }]);
    const made = await grant('--preset', 'visit', '--role', 'on-call', '--uses', '2');
    id = made.grant;
    expect(made.sentence).toBe(
      'on-call may see your 14-day glucose reports and daily glucose averages of the last 28 days, for treatment, until the end of 1 January 2200, at most 2 times.',
    );
  });

  test('shows days and reports to who is in the role, as often as it says', async () => {
    const t = today();
    expect(await refusal(...look('dr', 'glucose/raw', t - 3, t))).toBe('DENIED_WRONG_STREAM');
    expect(await refusal(...look('dr', 'glucose/day', t - 40, t - 1))).toBe('DENIED_OUTSIDE_WINDOW');
    const days = ok(await islet.run(...look('dr', 'glucose/day', ...inside())));
    expect(days.metrics.n).toBeGreaterThan(3000);
    const report = ok(await islet.run(...look('dr', 'glucose/report', ...fortnight())));
    expect(report.profile.length).toBe(24);
    expect(await refusal(...look('dr', 'glucose/day', ...inside()))).toBe('DENIED_NO_USES_LEFT');
  });

  test('shows nothing to who is not in the role, nor any more to who was dismissed', async () => {
    const [firstDay, lastDay] = inside();
    const wanted: Access.Wanted = { streams: ['glucose/day'], firstDay, lastDay };
    const second = await grant('--preset', 'visit', '--role', 'on-call');
    expect(await tried('study', 'dr', (held) => held, wanted)).toBe('DENIED_NOT_IN_ROLE');
    ok(await islet.run(...look('dr', 'glucose/day', ...inside())));
    ok(await islet.run('role', 'dismiss', 'on-call', 'dr'));
    expect(await refusal(...look('dr', 'glucose/day', ...inside()))).toBe('DENIED_NOT_IN_ROLE');
    ok(await islet.run('role', 'appoint', 'on-call', 'nurse'));
    ok(await islet.run(...look('nurse', 'glucose/day', ...inside())));
    ok(await islet.run('revoke', second.grant));
    ok(await islet.run('revoke', id));
    expect(await refusal(...look('nurse', 'glucose/day', ...inside()))).toBe('DENIED_REVOKED');
  });

  test('is in the log with the person and the role', async () => {
    const looks = (await log('dr')).filter((a) => a.code === 'GRANTED');
    expect(looks).toHaveLength(3);
    for (const a of looks) expect(a).toMatchObject({ reader: 'dr', role: 'on-call' });
    expect(looks[0]!.sentence).toContain('dr (as on-call) looked at glucose/day');
  });
});

describe('an emergency', () => {
  const why = 'Found unconscious at the pool.';
  let id: string;

  test('opens to a stated reason and to nothing else', async () => {
    const made = await grant('--preset', 'emergency', '--reader', 'medic');
    id = made.grant;
    expect(made.sentence).toMatch(
      /^In an emergency, and stating the reason, medic may see your glucose readings and insulin of the last 3 days, until/,
    );
    await guardedBy('nurse', 'dr');
    const t = today();
    expect(await refusal(...look('medic', 'glucose/raw', t, t))).toBe('DENIED_EMERGENCY_NOT_STATED');
    const told = await whileWatching('nurse', async () => {
      const { metrics } = ok(await islet.run('emergency', '--as', 'medic', '--reason', why));
      expect(metrics.n).toBeGreaterThan(288);
    });
    expect(told).toMatchObject({ kind: 'emergency', person: 'Mia', own: false, reader: 'medic', count: 1 });
    expect(told.sentence).toContain('medic, for whom no organisation vouches, opened the data of Mia, whose');
    expect(JSON.stringify(told)).not.toContain(why);
    expect(await refusal(...look('medic', 'glucose/raw', t - 9, t))).toBe('DENIED_OUTSIDE_WINDOW');
  });

  test('is told once, with the next command, to a guardian and to the person', async () => {
    const [heard] = ok(await islet.run('guardians', 'list', '--person', 'dr')).emergencies;
    expect(heard).toMatchObject({ person: 'Mia', reader: 'medic', organisation: null, count: 1 });
    expect(ok(await islet.run('guardians', 'list', '--person', 'dr')).emergencies).toEqual([]);
    expect(ok(await islet.run('access')).emergencies).toMatchObject([{ own: true, reader: 'medic' }]);
  });

  test('is not told to who is no guardian any more', async () => {
    await within(async (network) => {
      const { wallet, notes } = await People.need(home, 'me');
      const nobody = { guardians: [], threshold: 0 };
      await Guarding.set(network, { wallet, notes }, People.keeper(home), nobody);
      const nurse = await People.need(home, 'nurse');
      expect(Object.keys(nurse.notes.charges ?? {})).toHaveLength(1);
      await network.chain.follow();
      expect(Watching.watched(network, nurse)).toEqual([toHex(nurse.wallet.account)]);
    });
  });

  test('tells the person why, and is judged', async () => {
    const [review] = ok(await islet.run('reviews')).reviews;
    expect(review).toMatchObject({ reader: 'medic', reason: why, closed: [] });
    const closed = ok(await islet.run('reviews', '--close', review.request, '--as', 'justified')).reviews;
    expect(closed[0].closed).toMatchObject([{ by: 'me', justified: true }]);
    const said = (await log('medic')).find((a) => a.code === 'GRANTED')!;
    expect(said.sentence).toContain(`in an emergency, stating “${why}”, judged justified by you`);
  });

  test('needs a grant, which can be revoked', async () => {
    expect(await refusal('emergency', '--as', 'study', '--reason', why)).toBe('DENIED_UNKNOWN_GRANT');
    expect(await refusal('emergency', '--as', 'medic', '--reason', ' ')).toBe('EMERGENCY_BAD_REASON');
    ok(await islet.run('revoke', id));
    expect(await refusal('emergency', '--as', 'medic', '--reason', why)).toBe('DENIED_REVOKED');
  });
});

describe('research', () => {
  let id: string;
  const week = () => Span.of('glucose/week', today() - 14);

  test('sees daily averages of the days agreed, once, for research alone', async () => {
    const { firstDay } = week();
    const days = ['--from', date(firstDay), '--to', date(firstDay + 5)];
    const made = await grant('--preset', 'research', '--reader', 'study', ...days);
    id = made.grant;
    expect(made.sentence).toMatch(
      /^study may see your daily glucose averages of .*, for research, .*, once\.$/,
    );
    const wanted: Access.Wanted = { streams: ['glucose/day'], firstDay, lastDay: firstDay + 5 };
    expect(await tried('study', 'study', otherPurpose, wanted)).toBe('DENIED_WRONG_PURPOSE');
    ok(await islet.run(...look('study', 'glucose/day', firstDay, firstDay + 5)));
    expect(await refusal(...look('study', 'glucose/day', firstDay, firstDay + 5))).toBe(
      'DENIED_NO_USES_LEFT',
    );
  });

  test('is not given a week of whose days it has six, unless that is meant', async () => {
    const { firstDay, lastDay } = week();
    const days = ['--from', date(firstDay), '--to', date(lastDay), '--until', '2200-01-01'];
    const asked = ['grant', '--reader', 'study', '--streams', 'glucose/week', ...days];
    expect(await refusal(...asked)).toBe('GRANT_DERIVES_MORE');
    const meant = ok(await islet.run(...asked, '--meant'));
    ok(await islet.run('revoke', meant.grant));
    ok(await islet.run('revoke', id));
    expect(await refusal(...look('study', 'glucose/day', firstDay, firstDay))).toBe('DENIED_REVOKED');
  });
});

describe('all five, taken away and erased', () => {
  const always = ['--hours', '00:00-24:00', '--weekdays', 'mon-sun'];
  const study = () => [today() - 20, today() - 16] as const;
  const visit = () => [today() - 13, today() - 1] as const;
  const seenLive: number[] = [];
  const help = ['emergency', '--as', 'medic', '--reason', 'Does not wake up.'];

  /** The weeks of which there is a summary: nobody erases these. */
  let weeks: Set<number>;

  /** The days there are of each stream in an export that holds against the chain. */
  async function exported(name: string): Promise<{ days: Map<string, Set<number>>; times: Set<number> }> {
    const file = join(islet.folder, name);
    const { readings } = ok(await islet.run('export', file));
    expect(ok(await islet.run('verify', file, '--chain', islet.ready.chain)).verified.readings).toBe(
      readings,
    );
    const days = new Map<string, Set<number>>();
    const times = new Set<number>();
    const { segments } = JSON.parse(await readFile(file, 'utf8'));
    for (const { stream, day, content } of segments) {
      days.set(stream, (days.get(stream) ?? new Set()).add(day));
      for (const { at } of content.readings ?? []) times.add(at);
    }
    return { days, times };
  }

  /** Erases, checks the certificate without asking Islet, and returns what it vouches for. */
  async function erase(name: string, ...what: string[]): Promise<Record<string, any>> {
    const certificate = join(islet.folder, name);
    ok(await islet.run('erase', ...what, '--yes', '--certificate', certificate));
    return ok(await islet.run('verify', certificate)).verified;
  }

  /** That someone may still look as far as the chain is concerned, but nothing is there any more. */
  const expectErased = (said: Record<string, any>): void => {
    expect(said.error).toMatchObject({ code: 'DENIED_ERASED' });
    expect(said.error.message).toMatch(/erased on \d{4}-\d\d-\d\d/);
  };

  test('each is granted once more and works', async () => {
    await grant('--preset', 'follow', '--reader', 'clinic');
    await grant('--preset', 'school', '--reader', 'nurse', ...always);
    await grant('--preset', 'visit', '--role', 'on-call');
    await grant('--preset', 'emergency', '--reader', 'medic');
    const [from, to] = study().map(date) as [string, string];
    await grant('--preset', 'research', '--reader', 'study', '--from', from, '--to', to, '--uses', '2');
    for (const reader of ['clinic', 'nurse']) {
      const { kind, reading } = await firstValue(reader);
      expect(kind).toBe('value');
      seenLive.push(reading.at);
    }
    ok(await islet.run(...look('nurse', 'glucose/day', ...visit())));
    ok(await islet.run(...look('nurse', 'glucose/report', ...fortnight())));
    ok(await islet.run(...help));
    ok(await islet.run(...look('study', 'glucose/day', ...study())));
  });

  test('the person’s export holds and proves what each could see', async () => {
    const { days, times } = await exported('all.json');
    const t = today();
    // A live value is also a reading, and taken away as that.
    for (const at of seenLive) expect(times).toContain(at);
    for (const [stream, first, last] of [
      ['glucose/raw', t - 2, t],
      ['insulin/raw', t, t],
      ['glucose/day', ...visit()],
      ['glucose/day', ...study()],
    ] as const)
      for (let day = first; day <= last; day++) expect(days.get(stream), stream).toContain(day);
    expect(days.get('glucose/report')?.size).toBeGreaterThan(0);
    weeks = days.get('glucose/week')!;
    expect(weeks.size).toBeGreaterThan(0);
  });

  test('live values erased: who follows, at any hour or at school, is told so', async () => {
    const proven = await erase('live.json', '--stream', 'glucose/live');
    expect(proven).toMatchObject({ streams: ['glucose/live'], needed: 2 });
    expectErased(await firstValue('clinic'));
    expectErased(await firstValue('nurse'));
    ok(await islet.run(...look('nurse', 'glucose/day', ...visit())));
  });

  test('a window erased: visit, emergency and research find nothing any more', async () => {
    const streams = 'glucose/day,glucose/raw,glucose/report,insulin/raw';
    const from = today() - 60;
    const proven = await erase('window.json', '--stream', streams, '--from', date(from));
    expect(proven).toMatchObject({ streams: streams.split(','), firstDay: from, needed: 2 });
    for (const asked of [
      look('nurse', 'glucose/day', ...visit()),
      look('nurse', 'glucose/report', ...fortnight()),
      look('study', 'glucose/day', ...study()),
      help,
    ])
      expectErased((await islet.run(...asked)).json);
  });

  test('an export from then on holds the rest and nothing of it', async () => {
    const { days } = await exported('rest.json');
    for (const stream of ['glucose/live', 'glucose/raw', 'glucose/day', 'insulin/raw'])
      expect([...(days.get(stream) ?? [])], stream).toEqual([]);
    expect(days.get('glucose/week')).toEqual(weeks);
    ok(await islet.run('verify'));
  });
});

test('who saw what outlives all that, in files that can be checked again', async () => {
  for (const format of ['text', 'csv', 'fhir', 'disclosures']) {
    const file = join(islet.folder, `log.${format}`);
    ok(await islet.run('access', '--format', format, '--out', file));
    const text = await readFile(file, 'utf8');
    for (const said of ['clinic', 'nurse', 'on-call', 'medic', 'unconscious', 'study'])
      expect(text, format).toContain(said);
    expect(
      ok(await islet.run('verify', file, '--chain', islet.ready.chain)).verified.requests,
    ).toBeGreaterThan(20);
  }
});
