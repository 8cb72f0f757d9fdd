// Copyright the Islet authors. AGPL-3.0-or-later.
// What a person erases is in no byte of any disk or log afterwards, no backup brings it back, and the proof of it holds.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import { provision } from '@islet/cli/Provision';
import * as Access from '@islet/client/Access';
import * as Log from '@islet/client/Log';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as KeyTree from '@islet/core/KeyTree';
import { type Stream, streams } from '@islet/core/Stream';
import * as Vault from '@islet/custodian/Vault';
import { expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';
import * as Needles from './needles.testkit.js';

const today = Day.of(Date.now(), 0);
const [early, middle, late] = [today - 4, today - 3, today - 2];
const date = (day: number) => Day.format(day);
const markerOf = (day: number) => `ERASE-ME-${day}-5c1d`;

/** Forty readings and a note of one day, each with that day's marker. */
function story(day: number) {
  const at = Day.startOf(day, 0) + 6 * 3_600_000;
  return Array.from({ length: 40 }, (_, i) => ({
    ...{ type: 'sgv', sgv: 100 + i, date: at + i * 300_000, device: markerOf(day) },
    dateString: new Date(at + i * 300_000).toISOString(),
  }));
}

const note = (day: number) => ({
  ...{ eventType: 'Note', notes: `${markerOf(day)}-note`, enteredBy: 'me' },
  created_at: new Date(Day.startOf(day, 0) + 7 * 3_600_000).toISOString(),
});

type Secrets = Map<string, Buffer[]>;
const forms = (bytes: Uint8Array): Buffer[] => [
  Buffer.from(bytes),
  Buffer.from(toHex(bytes)),
  Buffer.from(Buffer.from(bytes).toString('base64').replace(/=+$/, '')),
];

/** All that could open or recognise what there is of a day (null: of any) of those streams, as it is now. */
async function secretsOf(islet: Islet, day: number | null, of: readonly Stream[]): Promise<Secrets> {
  const home = Home.at(islet.folder);
  const me = await People.need(home, 'me');
  const network = await connect(home);
  const wanted = { streams: [...of], firstDay: day ?? Day.first, lastDay: day ?? Day.last };
  const opened = await Access.own(network, me.wallet, wanted);
  await network.close();
  const secrets: Secrets = new Map();
  for (const [i, { proven, contentKey }] of opened.segments.entries()) {
    const { segment, epoch } = proven;
    const name = `${segment.header.stream} ${segment.header.day} ${i}`;
    secrets.set(`content key of ${name}`, forms(contentKey));
    secrets.set(`blind of ${name}`, forms(segment.header.blind));
    secrets.set(`sealed bytes of ${name}`, [Buffer.from(segment.bytes.subarray(-48))]);
    secrets.set(`epoch of ${name}`, [Buffer.from(epoch.bytes.subarray(-64))]);
  }
  expect(secrets.size, 'there is something to be erased').toBeGreaterThan(3);
  for (const index of Home.custodianIndices()) {
    const vault = await Vault.open({
      folder: join(Home.custodian(home, index), 'vault'),
      keyFolder: Home.vaultKeys(home, index),
      random: People.random,
    });
    for (const stream of of)
      for (const [i, node] of ((await vault.tree(me.wallet.account, stream))?.nodes ?? []).entries())
        if (day === null || KeyTree.cover(node, day, day).length > 0)
          secrets.set(`custodian ${index}’s node ${i} of ${stream}`, forms(node.key));
  }
  return secrets;
}

/** Where any of them is, in every byte of the folder; `except` are files that hold it on purpose. */
async function found(folder: string, secrets: Secrets, except = /^$/): Promise<string[]> {
  const places: string[] = [];
  const needles = Needles.of(secrets);
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const file of all.filter((f) => f.isFile())) {
    const path = relative(folder, join(file.parentPath, file.name));
    if (except.test(path)) continue;
    const bytes = await readFile(join(folder, path)).catch(() => Buffer.alloc(0));
    for (const what of needles.in(bytes)) places.push(`${what} in ${path}`);
  }
  return places;
}

const marker = (text: string): Secrets =>
  new Map([
    [text, [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(Buffer.from(text).toString('hex'))]],
  ]);

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 250));
}

async function confirmations(islet: Islet, id: string): Promise<number> {
  const network = await connect(Home.at(islet.folder));
  await network.chain.follow();
  const count = network.chain.state.erasures.get(id)?.confirmations.size ?? 0;
  await network.close();
  return count;
}

async function someoneElse(islet: Islet): Promise<void> {
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  await provision(home, network, 'other', 'patient', () => {});
}

const pidOf = async (islet: Islet, index: number): Promise<number> =>
  JSON.parse(await readFile(join(islet.folder, 'services.json'), 'utf8')).custodians[index - 1].pid;

test('a window, a stream and everything are erased for good, and it can be shown', {
  timeout: 900_000,
}, async () => {
  await using islet = await start();
  const outside = `${islet.folder}-outside`;
  await mkdir(outside);
  try {
    await someoneElse(islet);
    for (const person of ['me', 'other'])
      for (const day of [early, middle, late]) {
        const file = join(outside, `${person}-${day}.json`);
        await writeFile(file, JSON.stringify([...story(day)]));
        const imported = await islet.run('import', file, '--zone', 'UTC', '--person', person);
        expect(imported.json).toMatchObject({ accepted: 40 });
      }
    const paired = (await islet.run('pair')).json;
    for (const day of [early, middle, late]) {
      const file = join(outside, `notes-${day}.json`);
      await writeFile(file, JSON.stringify([note(day)]));
      expect((await islet.run('import', file, '--zone', 'UTC')).json.accepted).toBeGreaterThan(0);
    }
    const clinic = ['grant', '--reader', 'clinic', '--streams', 'glucose/raw', '--purpose', 'treatment'];
    const range = ['--from', date(early), '--to', date(late)];
    expect((await islet.run(...clinic, ...range, '--until', date(today + 30))).code).toBe(0);
    await islet.run('report', '--as', 'clinic', ...range);
    const theirs = join(outside, 'other.json');
    expect((await islet.run('export', theirs, '--person', 'other')).code).toBe(0);

    const copies = join(outside, 'backup');
    await islet.restart();
    for (const part of ['custodian-1', 'custodian-2', 'custodian-3', 'hub', 'vault-keys', 'wallets'])
      await cp(join(islet.folder, part), join(copies, part), {
        recursive: true,
        filter: (path) => !/lock-[\w.-]+$/.test(path),
      });
    const measured: string[] = [];
    const certificates: string[] = [];
    async function erase(name: string, ...args: string[]): Promise<string> {
      const certificate = join(outside, `${name}.json`);
      const { code, json } = await islet.run('erase', ...args, '--yes', '--certificate', certificate);
      expect(json, name).toMatchObject({ needed: 2 });
      expect(code).toBe(0);
      measured.push(`${name} ${json.ms} ms, ${json.custodians} custodians`);
      certificates.push(certificate);
      return json.erased;
    }

    // A window, while one custodian does not answer.
    const gone = await secretsOf(islet, early, streams);
    const kept = await secretsOf(islet, late, ['glucose/raw']);
    expect((await found(islet.folder, gone)).length, 'the search finds what is there').toBeGreaterThan(3);
    const down = await pidOf(islet, 3);
    process.kill(down, 'SIGSTOP');
    const first = await erase('window', '--from', date(early), '--to', date(early));
    expect(await confirmations(islet, first)).toBe(2);
    process.kill(down, 'SIGCONT');
    await until(async () => (await confirmations(islet, first)) === 3);
    expect(await found(islet.folder, gone)).toEqual([]);
    expect(await found(islet.folder, marker(markerOf(early)))).toEqual([]);
    const blinds = new Map([...kept].filter(([what]) => what.startsWith('blind')));
    expect((await found(islet.folder, blinds)).length).toBeGreaterThan(0);

    const nothing = await islet.run('report', '--as', 'me', '--from', date(early), '--to', date(early));
    expect(nothing.json.error).toMatchObject({ code: 'DENIED_ERASED' });
    expect(nothing.json.error.message).toMatch(/erased on \d{4}-\d\d-\d\d/);
    const rest = await islet.run('report', '--as', 'me', ...range);
    expect(rest.json.metrics.n).toBe(80);
    expect(rest.json.erased.join()).toContain('erased on');
    expect((await islet.run('report', '--as', 'clinic', ...range)).json.metrics.n).toBe(80);
    expect((await islet.run('verify')).code).toBe(0);
    const again = await islet.run('import', join(outside, `me-${early}.json`), '--zone', 'UTC');
    expect(again.json.accepted).toBe(0);

    // A stream.
    const notes = await secretsOf(islet, null, ['note/raw', 'document/raw']);
    await erase('stream', '--stream', 'note,document');
    expect(await found(islet.folder, notes)).toEqual([]);
    expect((await islet.run('verify')).code).toBe(0);

    // Everything.
    const home = Home.at(islet.folder);
    const me = await People.need(home, 'me');
    const all = await secretsOf(islet, null, streams);
    all.set('the root seed', forms(me.wallet.rootSeed));
    all.set('the device’s secret', [Buffer.from(paired.apiSecret)]);
    await erase('everything', '--everything');
    for (const restarted of [false, true]) {
      if (restarted) await islet.restart();
      expect(await found(islet.folder, all)).toEqual([]);
      for (const day of [early, middle, late])
        expect(await found(islet.folder, marker(`${markerOf(day)}-note`))).toEqual([]);
    }

    // Other people’s data and receipts are as they were, and who saw what stays.
    expect((await islet.run('verify', '--person', 'other')).json.verified.segments).toBeGreaterThan(3);
    expect((await islet.run('verify', theirs)).code).toBe(0);
    const network = await connect(home);
    expect((await Log.accesses(network, me.wallet)).accesses.length).toBeGreaterThan(2);
    await network.close();

    // Each certificate holds, and an altered one says where it does not.
    for (const file of certificates) {
      expect((await islet.run('verify', file)).code).toBe(0);
      const whole = JSON.parse(await readFile(file, 'utf8'));
      const damaged = join(outside, 'damaged.json');
      const spoil: [RegExp, (c: any) => void][] = [
        [/its text/, () => {}],
        [/block 2/, (c) => (c.chain.blocks[1].receipts[0].cumulativeGasUsed = '0x1')],
        [/the request/, (c) => (c.order = Buffer.from(c.order, 'base64').fill(7, 90, 95).toString('base64'))],
        [/receipt 1/, (c) => (c.receipts[0] = c.receipts[1])],
        [/receipt/, (c) => c.receipts.splice(0, 1, c.receipts.at(-1))],
      ];
      for (const [place, change] of spoil.slice(0, 3)) {
        const copy = structuredClone(whole);
        change(copy);
        copy.notice = place.source === 'its text' ? `${copy.notice} ` : copy.notice;
        if (place.source !== 'its text') copy.checksum = await checksumOf(copy);
        await writeFile(damaged, JSON.stringify(copy));
        const { json } = await islet.run('verify', damaged);
        expect(json.error).toMatchObject({ code: 'CERTIFICATE_TAMPERED' });
        expect(json.error.message).toMatch(place);
      }
    }

    // A backup from before, key and all, in the hands of someone who also has the old wallet.
    await islet.restart();
    await islet.child.kill('SIGTERM');
    await new Promise((done) => islet.child.once('exit', done));
    for (const part of ['custodian-1', 'custodian-2', 'custodian-3', 'hub', 'wallets']) {
      await rm(join(islet.folder, part), { recursive: true });
      await cp(join(copies, part), join(islet.folder, part), { recursive: true });
    }
    await expect(islet.restart()).rejects.toThrow(/wrapped under a key that is not here/);
    await rm(join(islet.folder, 'vault-keys'), { recursive: true });
    await cp(join(copies, 'vault-keys'), join(islet.folder, 'vault-keys'), { recursive: true });
    await islet.restart();
    for (const as of ['me', 'clinic']) {
      const asked = await islet.run('report', '--as', as, '--from', date(middle), '--to', date(middle));
      expect(asked.json.error?.code, as).toBe('DENIED_ERASED');
    }
    console.log(`Erased, from the signature to the certificate: ${measured.join('; ')}.`);
  } finally {
    await rm(outside, { recursive: true, force: true });
  }
});

async function checksumOf({ checksum: _, ...rest }: Record<string, unknown>): Promise<string> {
  const { sha256 } = await import('@islet/core/crypto/hash');
  return toHex(sha256(new TextEncoder().encode(JSON.stringify(rest))));
}
