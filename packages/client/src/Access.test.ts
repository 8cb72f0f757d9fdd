// Copyright the Islet authors. AGPL-3.0-or-later.
// Looking, on a real chain: what a person, a reader with a grant and one without can open.
import { signHead } from '@islet/chain/Seal';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import * as GrantKeys from '@islet/core/GrantKeys';
import type { Reading } from '@islet/core/Reading';
import type { Stream } from '@islet/core/Stream';
import type { Part } from '@islet/core/wire/Fetch';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import * as A from './archive.testkit.js';
import * as Granting from './Granting.js';
import * as Held from './Held.js';
import type { Network } from './Network.js';
import * as S from './scene.testkit.js';
import { serve } from './services.testkit.js';
import { TamperedError } from './Tampered.js';
import type { Wallet } from './Wallet.js';
import * as W from './writer.testkit.js';

const { day } = W;
const all: Stream[] = ['glucose/raw', 'glucose/day', 'insulin/raw'];
const raw: Access.Wanted = { streams: ['glucose/raw'], firstDay: day, lastDay: day + 6 };
let scene: S.Scene;
let network: Network;
let patient: S.Patient;
let clinic: Wallet;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPatient(scene, 'patient');
  clinic = await S.newPerson(scene, 'clinic');
});
afterEach(() => {
  scene.hub.alter = (parts) => parts;
  scene.hub.withholds = false;
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const readingsIn = (opened: Access.Opened): Reading[] =>
  opened.segments.flatMap((s) => (s.content.kind === 'readings' ? s.content.readings : []));

/** The code and place of what a look finds. */
const finding = (look: Promise<unknown>): Promise<string> =>
  look.then(
    () => 'nothing',
    (error) => {
      if (!(error instanceof TamperedError)) return `${error.code ?? error}`;
      const { stream, day: at, nth, of } = error.place;
      const where = at === undefined ? [] : [at === null ? 'late' : `day ${at - day}`, `${nth} of ${of}`];
      return [error.code, stream, ...where].join(', ');
    },
  );

const terms = (of: Partial<Granting.Terms> = {}): Granting.Terms => ({
  reader: clinic.account,
  streams: ['glucose/raw'],
  firstDay: day,
  lastDay: day + 6,
  notBefore: network.now() - 60_000,
  expiresAt: network.now() + 3_600_000,
  purpose: 'treatment',
  maxUses: 0,
  ...of,
});

async function granted(of: Partial<Granting.Terms> = {}, who = patient.wallet): Promise<Held.Held> {
  const { grantId } = await Granting.grant(network, who, terms(of));
  const held = await Held.from(network, clinic, who.account);
  return held.find((h) => String(h.grantId) === String(grantId))!;
}

describe('a person', () => {
  test('opens all of their own, late data too, and is told what was verified', async () => {
    const before = network.now();
    const opened = await Access.own(network, patient.wallet, { ...raw, streams: all });
    expect(opened.segments.map((s) => [s.stream, s.day === null ? null : s.day - day])).toEqual([
      ['glucose/raw', 0],
      ['glucose/raw', 1],
      ['glucose/raw', 1],
      ['glucose/raw', null],
      ['glucose/day', 0],
      ['insulin/raw', 0],
    ]);
    expect(readingsIn(opened)).toEqual([
      ...W.cgm(day, 48),
      ...[0, 1].flatMap((hour) => W.cgm(day + 1, 12, hour)),
      ...W.cgm(day - 900, 3),
      W.bolus(day, 4),
    ]);
    expect(opened.verified).toMatchObject({ segments: 6, receipts: 6, heads: 3 });
    expect(opened.verified.chainHead).toBeGreaterThan(0);
    expect(opened.verified.completeUntil).toBeLessThanOrEqual(before);
    expect(opened.custodians.filter((c) => c.outcome === 'released').length).toBeGreaterThanOrEqual(2);
  });

  test('who has no data yet is told that nothing is missing until now, not for ever', async () => {
    const opened = await Access.own(network, clinic, raw);
    expect(opened.segments).toEqual([]);
    expect(opened.verified.completeUntil).toBeLessThanOrEqual(network.now());
  });

  test('is not told of a time to come, whatever the gateway’s clock says', async () => {
    const ahead = await S.newPatient(scene, 'ahead');
    ahead.insulin.at = network.now() + 86_400_000;
    await S.put(scene, ahead.insulin);
    const opened = await Access.own(network, ahead.wallet, { ...raw, streams: ['insulin/raw'] });
    expect(opened.verified.completeUntil).toBeLessThanOrEqual(network.now());
  });
});

describe('a reader', () => {
  test('opens what was granted, without late data', async () => {
    const held = await granted();
    expect(await finding(Access.granted(network, clinic, held, raw))).toBe('nothing');
    const opened = await Access.granted(network, clinic, held, raw);
    expect(opened.segments.map((s) => s.day! - day)).toEqual([0, 1, 1]);
    expect(readingsIn(opened).length).toBe(48 + 24);
  });

  test.each([
    ['other days', { lastDay: day + 7 }, 'DENIED_OUTSIDE_WINDOW'],
    ['another stream', { streams: ['insulin/raw'] }, 'DENIED_WRONG_STREAM'],
  ] as const)('is denied %s, with the reason, on record', async (_, other, code) => {
    const wanted = { ...raw, ...other, streams: [...('streams' in other ? other.streams : raw.streams)] };
    const look = Access.granted(network, clinic, await granted(), wanted);
    const error = (await look.catch((e: unknown) => e)) as Access.DeniedError;
    expect(error).toBeInstanceOf(Access.DeniedError);
    expect(error.code).toBe(code);
    expect(network.chain.state.decisions.get(error.requestId)?.reader).toBeDefined();
  });

  test('without a grant is denied, on record', async () => {
    const look = Access.withoutGrant(network, clinic, patient.wallet.account, raw);
    expect(await S.codeOf(look)).toBe('DENIED_UNKNOWN_GRANT');
  });

  test('is denied after the patient revoked', async () => {
    const held = await granted();
    await Granting.revoke(network, patient.wallet, held.grantId);
    expect(await S.codeOf(Access.granted(network, clinic, held, raw))).toBe('DENIED_REVOKED');
  });

  test('whose relay says that it is decided, and told the chain nothing, does not believe it', async () => {
    const held = await granted();
    scene.hub.withholds = true;
    expect(await S.codeOf(Access.granted(network, clinic, held, raw))).toBe('REQUEST_NOT_DECIDED');
  });

  test('whose grant brought no key for a day is told which', async () => {
    const held = await granted();
    const of = (firstDay: number) =>
      GrantKeys.derive(patient.wallet.rootSeed, 0, ['glucose/raw'], firstDay, firstDay);
    const fewer = { ...held, keys: { ...held.keys, streams: of(day) } };
    expect(await finding(Access.granted(network, clinic, fewer, raw))).toBe(
      'DAY_NOT_GRANTED, glucose/raw, day 1, 1 of 2',
    );
  });

  test('whose grant brought keys of another tree is told where they fail', async () => {
    const held = await granted();
    const streams = GrantKeys.derive(W.random(32), 0, ['glucose/raw'], day, day + 6);
    const wrong = { ...held, keys: { ...held.keys, streams } };
    expect(await finding(Access.granted(network, clinic, wrong, raw))).toBe(
      'EPOCH_WRONG_KEY, glucose/raw, day 0, 1 of 1',
    );
  });
});

describe('a hub', () => {
  const own = () => Access.own(network, patient.wallet, raw);

  test('that serves another person’s data is found out before any custodian is asked', async () => {
    const other = await S.newPatient(scene, 'other');
    const asked = (): number => scene.custodians.reduce((n, c) => n + c.asked.length, 0);
    const before = asked();
    scene.hub.alter = () =>
      A.answer(scene.hub.archive, { ...raw, account: other.wallet.account, late: true });
    expect(await finding(own())).toBe('HEAD_MISPLACED, glucose/raw');
    expect(asked()).toBe(before);
  });

  test('that serves the old, with what came since left out, is found out', async () => {
    const mine = await S.newPatient(scene, 'mine');
    let old: Part[] = [];
    scene.hub.alter = (parts) => {
      old = parts;
      return parts;
    };
    await Access.own(network, mine.wallet, raw);
    await W.openDay(mine.raw, day + 2, [W.cgm(day + 2, 12)]);
    await S.put(scene, mine.raw);
    scene.hub.alter = () => old;
    expect(await finding(Access.own(network, mine.wallet, raw))).toBe('HEAD_STALE, glucose/raw');
  });

  test('that proves with a batch it has not anchored is found out', async () => {
    const mine = await S.newPatient(scene, 'unanchored');
    await W.openDay(mine.raw, day + 2, [W.cgm(day + 2, 12)]);
    A.take(scene.hub.archive, mine.raw, await W.state(mine.raw));
    const built = A.batch(scene.hub.archive);
    expect(await finding(Access.own(network, mine.wallet, raw))).toBe('HEAD_NOT_ANCHORED, glucose/raw');
    await scene.hub.commit(built);
    expect(await finding(Access.own(network, mine.wallet, raw))).toBe('nothing');
  });

  test('and a node that pretend a block no validator sealed are not believed', async () => {
    await using node = await lyingNode(async (asked, told) => {
      if (asked.method !== 'islet_getHead') return told;
      const next = { ...(told as HeadTold), number: (told as HeadTold).number + 1 };
      const signature = signHead({ ...next, hash: fromHex(next.hash) }, W.random(32));
      return { ...next, signature: to0x(signature) };
    });
    const chain = await S.follow(node.url, network.deployment, scene.validators, network.now);
    expect(await S.codeOf(Access.own({ ...network, chain }, patient.wallet, raw))).toBe('CHAIN_HEAD_FORGED');
  });

  test('that answers with something else than parts is refused', async () => {
    await using liar = await serve(async ({ path, body }) => {
      if (path === '/v1/fetch') return 'nothing of the sort';
      return new Uint8Array(
        await (await fetch(scene.hub.url + path, { method: 'POST', body: Buffer.from(body) })).arrayBuffer(),
      );
    });
    const lying = { ...network, hub: { name: 'hub', url: liar.url } };
    expect(await S.codeOf(Access.own(lying, patient.wallet, raw))).toBe('FORMAT_MALFORMED');
  });
});

describe('a gateway', () => {
  test('whose segment holds another day’s readings is found out, with its place', async () => {
    const mine = await S.newPatient(scene, 'sealed');
    await W.closeDay(mine.raw, day + 3, W.cgm(day + 5, 12));
    await S.put(scene, mine.raw);
    expect(await finding(Access.own(network, mine.wallet, raw))).toBe(
      'CONTENT_MISPLACED, glucose/raw, day 3, 1 of 1',
    );
  });

  test('whose summary is of other readings is found out where both can be opened', async () => {
    const mine = await S.newPatient(scene, 'beside');
    await W.summarise(mine.sums, day, W.summaryOf('glucose/day', W.cgm(day, 100)));
    await S.put(scene, mine.sums);
    const look = (streams: Stream[]) => finding(Access.own(network, mine.wallet, { ...raw, streams }));
    expect(await look(['glucose/day'])).toBe('nothing');
    expect(await look(['glucose/raw', 'glucose/day'])).toBe(
      'SUMMARY_CONTRADICTS, glucose/day, day 0, 1 of 1',
    );
  });
});

type HeadTold = { chainId: number; number: number; hash: string; at: number };
type Asked = { id: number; method: string; params: unknown[] };

/** A node in front of the real one that changes answers. */
async function lyingNode(forge: (asked: Asked, told: unknown) => Promise<unknown>) {
  const service = await serve(async ({ body }) => {
    const told = await (
      await fetch(scene.rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(body),
      })
    ).json();
    const asked = JSON.parse(new TextDecoder().decode(body)) as Asked | Asked[];
    const one = async (ask: Asked, answer: { result?: unknown }) => ({
      ...answer,
      result: await forge(ask, answer.result),
    });
    if (!Array.isArray(asked)) return JSON.stringify(await one(asked, told as object));
    const answers = told as { id: number; result?: unknown }[];
    return JSON.stringify(
      await Promise.all(asked.map((ask) => one(ask, answers.find((a) => a.id === ask.id)!))),
    );
  });
  return { url: service.url, [Symbol.asyncDispose]: () => service.close() };
}
