// Copyright the Islet authors. AGPL-3.0-or-later.
// What a follower gets: live values while they are new, and under a decision to follow what is sealed from then on.
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Live from '@islet/core/Live';
import * as Release from '@islet/core/Release';
import * as Span from '@islet/core/Span';
import type { Stream } from '@islet/core/Stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decisionLifeMs } from './limits.js';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

const { day } = Story;
const streams: Stream[] = ['glucose/raw', 'glucose/live', 'glucose/week'];
let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let reader: Story.Person;
let granted: Story.Granted;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  [patient, reader] = await Promise.all([Story.person(), Story.person()]);
  for (const who of [patient, reader])
    expect(await custodian.answer('/v1/enrol', Story.enrolment(await Story.settle(scene, who)))).toBe('200');
});
beforeEach(async () => {
  // A month of days, and longer than any clock here goes ahead.
  const lasting = { firstDay: day, lastDay: day + 30, expiresAt: Story.secondsOf(scene) + 1_000_000 };
  granted = await Story.grant(scene, patient, reader, lasting, { streams });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const seal = (stream: Stream, how: Story.Sealing = {}) =>
  Story.seal([custodian, custodian, custodian], patient, { openedAt: scene.clock.now, stream, ...how });

/** A decided request for sealed epochs, to look or to follow. */
async function request(sealed: Story.Sealed[], follows: boolean): Promise<Story.Asked> {
  const asked = await Story.ask(scene, reader, granted, sealed, { streams });
  const key = await Hpke.publicKeyOf(asked.oneTimeSeed);
  if (!follows) return Story.decide(scene, reader, asked, granted);
  const following = await Story.ask(scene, reader, granted, sealed, {
    streams,
    changes: { oneTimeKeyHash: Release.followKeyHash(key) },
  });
  const ask = { ...following.ask, oneTimeKey: key };
  return Story.decide(scene, reader, { ...following, ask, oneTimeSeed: asked.oneTimeSeed }, granted);
}
const answer = async (sealed: Story.Sealed[], follows = false) =>
  Story.answer(custodian, await request(sealed, follows));

describe('a live value', () => {
  test('is released before it is anchored, and opens with the follower’s key', async () => {
    const asked = await request([await seal('glucose/live')], true);
    expect((await Story.opened(custodian, asked))?.shares).toHaveLength(1);
  });

  test('is refused once it is old, anchored or not, to whoever asks', async () => {
    const live = await seal('glucose/live');
    await Story.anchor(scene, [live]);
    scene.clock.now += Live.releaseMs;
    for (const follows of [true, false]) expect(await answer([live], follows)).toBe('200');
    scene.clock.now += 1;
    for (const follows of [true, false]) expect(await answer([live], follows)).toBe('403 RELEASE_LIVE_OVER');
  });

  test('that its gateway dates far ahead, so as to stay new, is refused', async () => {
    const ahead = await seal('glucose/live', { openedAt: scene.clock.now + 31_000 });
    expect(await answer([ahead])).toBe('403 RELEASE_LIVE_OVER');
  });

  test('of a stranger’s gateway, or with another epoch’s segment, is refused without its receipt too', async () => {
    const rogue = await seal('glucose/live', { gateway: await Ed25519.fromSeed(Scene.random(32)) });
    expect(await answer([rogue])).toBe('403 RELEASE_UNKNOWN_GATEWAY');
    const [one, other] = [await seal('glucose/live'), await seal('glucose/live')];
    expect(await answer([{ ...one, segment: other.segment }])).toBe('403 RELEASE_NOT_ANCHORED');
  });

  test('is the only thing released without its receipt', async () => {
    expect(await answer([await seal('glucose/raw')])).toBe('400 FORMAT_MALFORMED');
  });
});

describe('a decision to follow', () => {
  test('opens what was sealed since for as long as it may last, and a decision to look does not', async () => {
    const [follow, look] = [await request([], true), await request([], false)];
    scene.clock.now += decisionLifeMs + 1;
    const epochs = [Story.pieces(await seal('glucose/live'))];
    expect(await Story.answer(custodian, follow, { epochs })).toBe('200');
    expect(await Story.answer(custodian, look, { epochs })).toBe('403 RELEASE_TOO_LATE');
    scene.clock.now += Live.followMs;
    const later = [Story.pieces(await seal('glucose/live'))];
    expect(await Story.answer(custodian, follow, { epochs: later })).toBe('403 RELEASE_TOO_LATE');
  });

  test('opens nothing of before once a look would be over', async () => {
    const old = await seal('glucose/raw');
    await Story.anchor(scene, [old]);
    scene.clock.now += 1_000;
    const follow = await request([old], true);
    expect(await Story.answer(custodian, follow)).toBe('200');
    scene.clock.now += decisionLifeMs + 1;
    expect(await Story.answer(custodian, follow)).toBe('403 RELEASE_TOO_LATE');
  });

  test('opens nothing more once the patient has revoked', async () => {
    const follow = await request([await seal('glucose/live')], true);
    expect(await Story.answer(custodian, follow)).toBe('200');
    const { bytes } = Story.revocation(scene, patient, granted.message.grantId);
    expect(await custodian.answer('/v1/revoke', bytes)).toBe('200');
    expect(await Story.answer(custodian, follow)).toBe('403 DENIED_REVOKED');
  });
});

test('a week is released where all of it was asked for, and not for half of it', async () => {
  const week = Span.of('glucose/week', day + 14);
  const sealed = await seal('glucose/week', { day: week.lastDay });
  await Story.anchor(scene, [sealed]);
  const asking = async (firstDay: number, lastDay: number) => {
    const asked = await Story.ask(scene, reader, granted, [sealed], {
      streams,
      changes: { firstDay, lastDay },
    });
    return Story.answer(custodian, await Story.decide(scene, reader, asked, granted));
  };
  expect(await asking(week.firstDay, week.lastDay)).toBe('200');
  expect(await asking(week.firstDay + 1, week.lastDay)).toBe('403 DENIED_OUTSIDE_WINDOW');
  expect(await asking(week.lastDay, week.lastDay + 2)).toBe('403 DENIED_OUTSIDE_WINDOW');
});
