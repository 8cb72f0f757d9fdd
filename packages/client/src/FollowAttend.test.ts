// Copyright the Islet authors. AGPL-3.0-or-later.
// What a follower makes of what a hub tells: nothing is shown that its gateway did not seal, and every lie is named.
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import type { Reading } from '@islet/core/Reading';
import * as Release from '@islet/core/Release';
import * as Followed from '@islet/core/wire/Followed';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import * as A from './archive.testkit.js';
import type { Update } from './Follow.js';
import { type Attend, attendant } from './FollowAttend.js';
import type { Network } from './Network.js';
import * as S from './scene.testkit.js';
import * as W from './writer.testkit.js';

let scene: S.Scene;
let network: Network;
let patient: S.Patient;
let live: W.Writer;
let raw: W.Writer;
let attend: Attend;
const day = Day.of(Date.now(), 0);
const wanted: Access.Wanted = { streams: ['glucose/live', 'glucose/raw'], firstDay: day, lastDay: day + 1 };

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPatient(scene, 'followed');
});
beforeEach(async () => {
  const write = (stream: W.Writer['stream']) =>
    W.writer(patient.wallet, stream, patient.raw.key, scene.custodians, network.now());
  [live, raw] = [write('glucose/live'), write('glucose/raw')];
  for (const custodian of scene.custodians) custodian.refusal = undefined;
  const right = Access.rightOfOwner(network, patient.wallet);
  const ticket = await Access.ask(network, patient.wallet, wanted, right, Release.followKeyHash);
  attend = attendant(network, { ...wanted, patient: patient.wallet.account }, right, ticket);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const value = (mgdl: number, minutes = 0): Reading => {
  const [reading] = W.cgm(day, 1) as [Reading];
  return { ...reading, at: reading.at + minutes * 60_000, value: mgdl } as Reading;
};

const told = (sealed: W.Sealed[], more: Partial<Followed.Followed> = {}): Followed.Followed => ({
  ...Followed.nothing,
  segments: sealed.map((s) => s.segment.bytes),
  epochs: sealed.map((s) => s.epoch.bytes),
  shares: sealed.map((s) => s.shares.bytes),
  ...more,
});

async function learnt(news: Followed.Followed): Promise<Update[]> {
  const updates: Update[] = [];
  for await (const update of attend(news)) updates.push(update);
  return updates;
}
const shown = (updates: Update[]) =>
  updates.flatMap((u) => (u.kind === 'value' ? [[u.reading.value, u.anchored, u.speed]] : []));
const codeOf = (news: Followed.Followed): Promise<string> => S.codeOf(learnt(news));

/** Anchors what was sealed, and the receipts of it. */
async function anchored(w: W.Writer, sealed: W.Sealed[]): Promise<Followed.Followed['receipts']> {
  W.list(w, day, null, sealed);
  await S.put(scene, w);
  const about = {
    account: patient.wallet.account,
    streams: [w.stream],
    firstDay: day,
    lastDay: day,
    late: false,
  };
  const parts = A.answer(scene.hub.archive, about);
  const receipts = parts.flatMap((p) => p.segments.map((s) => [toHex(s.segment), s.receipt] as const));
  return sealed.map((s) => ({
    hash: s.segment.hash,
    receipt: new Map(receipts).get(toHex(s.segment.bytes))!,
  }));
}

describe('a live value', () => {
  test('is shown at once, with how fast it moves, and said to be proven when its receipt leads to the chain', async () => {
    const first = await W.seal(live, day, [value(100)]);
    const second = await W.seal(live, day, [value(110, 5)]);
    expect(shown(await learnt(told([first])))).toEqual([[100, false, null]]);
    expect(shown(await learnt(told([second])))).toEqual([[110, false, 2]]);
    const receipts = await anchored(live, [first, second]);
    expect(await learnt(told([], { receipts: receipts.slice(0, 1) }))).toEqual([
      { kind: 'anchored', until: first.segment.header.sealedAt },
    ]);
    expect(await learnt(told([], { receipts }))).toEqual([
      { kind: 'anchored', until: second.segment.header.sealedAt },
    ]);
  });

  test('told twice, or after a newer one, is shown once', async () => {
    const [first, second] = [await W.seal(live, day, [value(100)]), await W.seal(live, day, [value(105, 5)])];
    expect(shown(await learnt(told([first, second, first, second])))).toHaveLength(2);
    expect(shown(await learnt(told([first])))).toEqual([]);
  });

  test('that custodians no longer open is passed over, and the next is shown', async () => {
    for (const custodian of scene.custodians) custodian.refusal = 'RELEASE_LIVE_OVER';
    expect(await learnt(told([await W.seal(live, day, [value(100)])]))).toEqual([]);
    for (const custodian of scene.custodians) custodian.refusal = undefined;
    expect(shown(await learnt(told([await W.seal(live, day, [value(101)])])))).toHaveLength(1);
  });

  test('that cannot be opened for the moment is shown when it is told again', async () => {
    const first = await W.seal(live, day, [value(100)]);
    for (const custodian of scene.custodians) custodian.refusal = 'CHAIN_STALE';
    expect(await codeOf(told([first]))).toBe('TOO_FEW_CUSTODIANS');
    for (const custodian of scene.custodians) custodian.refusal = undefined;
    expect(shown(await learnt(told([first])))).toHaveLength(1);
  });

  test('that the gateway states and the hub keeps back is missed, and silence is heard', async () => {
    const first = await W.seal(live, day, [value(100)]);
    await learnt(told([first]));
    const { head } = await W.state(live);
    expect(await learnt(told([], { heads: [head.bytes] }))).toEqual([
      { kind: 'heard', until: head.statement.at },
    ]);
    await W.seal(live, day, [value(101)]);
    const later = await W.state(live);
    expect(await learnt(told([], { heads: [later.head.bytes] }))).toEqual([
      { kind: 'missing', stream: 'glucose/live' },
      { kind: 'heard', until: later.head.statement.at },
    ]);
  });

  test('without a receipt for long is said to be unproven', async () => {
    const first = await W.seal(live, day, [value(100)]);
    await learnt(told([first]));
    scene.clock.ahead += 61_000;
    expect(await learnt(told([]))).toEqual([{ kind: 'unproven', since: first.segment.header.sealedAt }]);
    scene.clock.ahead = 0;
  });
});

describe('of a stream that is not live', () => {
  test('what is sealed under a new epoch waits for its receipt, and what follows in it is shown at once', async () => {
    const first = await W.seal(raw, day, [value(100)]);
    expect(shown(await learnt(told([first])))).toEqual([]);
    const receipts = await anchored(raw, [first]);
    expect(shown(await learnt(told([], { receipts })))).toEqual([[100, true, null]]);
    expect(shown(await learnt(told([await W.seal(raw, day, [value(104, 5)])])))).toEqual([[104, false, 0.8]]);
  });
});

describe('a hub that tells', () => {
  const lie = async (change: (honest: W.Sealed) => Partial<Followed.Followed>): Promise<string> => {
    // An epoch of its own: what was told before is remembered.
    live.epochs.clear();
    const honest = await W.seal(live, day, [value(100)]);
    return codeOf(told([honest], change(honest)));
  };
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);

  test('altered bytes, no epoch, or an altered epoch is found out', async () => {
    expect(await lie(({ segment }) => ({ segments: [flipped(segment.bytes)] }))).toBe('SEGMENT_ALTERED');
    expect(await lie(() => ({ epochs: [] }))).toBe('EPOCH_MISSING');
    expect(await lie(({ shares }) => ({ shares: [flipped(shares.bytes)] }))).toBe('SHARES_FORGED');
  });

  test('what another key sealed, another person’s, or another day’s is found out', async () => {
    const stranger = W.writer(
      patient.wallet,
      'glucose/live',
      await W.signingKey(),
      scene.custodians,
      network.now(),
    );
    expect(await codeOf(told([await W.seal(stranger, day, [value(100)])]))).toBe('GATEWAY_UNKNOWN');
    const other = { ...live, wallet: await S.newPerson(scene, 'another'), epochs: new Map() };
    expect(await codeOf(told([await W.seal(other, day, [value(100)])]))).toBe('SEGMENT_MISPLACED');
    expect(await codeOf(told([await W.seal(live, day + 2, [value(100)])]))).toBe('SEGMENT_MISPLACED');
  });

  test('two histories, or one that does not follow, is found out', async () => {
    const place = { number: live.number, previous: live.previous };
    await learnt(told([await W.seal(live, day, [value(100)])]));
    expect(
      await codeOf(told([await W.seal(live, day, [value(101)], { place: { ...place, number: 1 } })])),
    ).toBe('CHAIN_EQUIVOCATION');
    expect(
      await codeOf(
        told([await W.seal(live, day, [value(102)], { place: { number: 2, previous: W.random(32) } })]),
      ),
    ).toBe('CHAIN_BROKEN');
  });

  test('a receipt that leads nowhere, or a statement that its gateway did not sign, is found out', async () => {
    const first = await W.seal(live, day, [value(100)]);
    await learnt(told([first]));
    const receipts = [{ hash: first.segment.hash, receipt: W.random(40) }];
    expect(await codeOf(told([], { receipts }))).toBe('RECEIPT_WRONG');
    const { head } = await W.state(live);
    expect(await codeOf(told([], { heads: [flipped(head.bytes)] }))).toBe('HEAD_FORGED');
    const { head: insulin } = await W.state(patient.insulin);
    expect(await codeOf(told([], { heads: [insulin.bytes] }))).toBe('HEAD_MISPLACED');
  });
});
