// Copyright the Islet authors. AGPL-3.0-or-later.
// The terms that no key can enforce: hours, rolling days, roles, emergencies. The contract has decided each of these
// requests, or is made to say so; what is under test is that the custodian judges them itself.
import { toHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Day from '@islet/core/Day';
import type * as Message from '@islet/core/Message';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

const minute = 60_000;
const offsetMinutes = 120;

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let reader: Story.Person;
let sealed: Story.Sealed;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  [patient, reader] = await Promise.all([Story.person(), Story.person()]);
  const register = await Story.settle(scene, patient);
  expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  await Story.settle(scene, reader);
  const others = [await Hpke.publicKeyOf(Scene.random(32)), await Hpke.publicKeyOf(Scene.random(32))];
  const keys = [await Story.keyOf(custodian, patient, 'glucose/raw', Story.day), ...others];
  sealed = await Story.seal([], patient, { keys });
  await Story.anchor(scene, [sealed]);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
afterEach(() => {
  custodian.clock.skew = 0;
});

const grant = (changes: Partial<Message.Grant>, to = reader.account) =>
  Story.grant(scene, patient, reader, {
    expiresAt: Story.secondsOf(scene) + 86_400 * 30,
    reader: to,
    ...changes,
  });
const ask = (under: Story.Granted, changes: Partial<Message.Request> = {}, who = reader) =>
  Story.ask(scene, who, under, [sealed], { changes });
const decided = async (under: Story.Granted, changes: Partial<Message.Request> = {}, who = reader) =>
  Story.decide(scene, who, await ask(under, changes, who), under);
const answer = (asked: Story.Asked) => Story.answer(custodian, asked);
const view = () => custodian.context.chain.state;

/** Moves the validator's clock to a minute of the local day, of today or, where that is past, of tomorrow. */
function goTo(minuteOfDay: number): void {
  const today = Day.startOf(Day.of(scene.clock.now, offsetMinutes), offsetMinutes);
  const at = today + minuteOfDay * minute;
  scene.clock.now = at > scene.clock.now ? at : at + 86_400_000;
}

/** 2025-10-10 is a Friday; the clock starts the day before. */
describe('hours', () => {
  const weekday = () => (Day.of(scene.clock.now, offsetMinutes) % 7) as number;
  const school = () => ({ weekdays: 2 ** weekday(), fromMinute: 480, toMinute: 930, offsetMinutes });

  test('stop a look by our clock after the last minute, with a decision made within it', async () => {
    goTo(929);
    const asked = await decided(await grant(school()));
    expect(await answer(asked)).toBe('200');
    scene.clock.now += minute - 10_000;
    custodian.clock.skew = 9_999;
    expect(await answer(asked)).toBe('200');
    custodian.clock.skew = 10_000;
    expect(await answer(asked)).toBe('403 DENIED_OUTSIDE_HOURS');
  });

  test('stop a look by the validator’s clock, where ours is behind', async () => {
    goTo(929);
    const asked = await decided(await grant(school()));
    custodian.clock.skew = -10_000;
    scene.clock.now += minute - 1000;
    expect(await answer(asked)).toBe('200');
    scene.clock.now += 1000;
    expect(await answer(asked)).toBe('403 DENIED_OUTSIDE_HOURS');
  });

  test('stop a look before the first minute and on another weekday, though the chain granted it', async () => {
    goTo(479);
    const early = await grant(school());
    const asked = await ask(early);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_OUTSIDE_HOURS');
    goTo(480);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('200');
    const other = await ask(await grant({ ...school(), weekdays: 127 - 2 ** weekday() }));
    Story.invent(custodian, scene, other);
    expect(await answer(other)).toBe('403 DENIED_OUTSIDE_HOURS');
  });
});

describe('rolling days', () => {
  /** So many that the day of the sealed epoch is the oldest of them today. */
  const justEnough = () => Day.of(scene.clock.now, offsetMinutes) - Story.day + 1;

  test('stop a day that has rolled out of the window at local midnight, with a decision from before', async () => {
    goTo(1439);
    const asked = await decided(await grant({ rollingDays: justEnough(), offsetMinutes }));
    expect(await answer(asked)).toBe('200');
    scene.clock.now += minute;
    expect(await answer(asked)).toBe('403 DENIED_OUTSIDE_WINDOW');
  });

  test('stop a day too old, though the chain granted it', async () => {
    goTo(600);
    const asked = await ask(await grant({ rollingDays: justEnough() - 1, offsetMinutes }));
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_OUTSIDE_WINDOW');
    const fits = await ask(await grant({ rollingDays: justEnough(), offsetMinutes }));
    Story.invent(custodian, scene, fits);
    expect(await answer(fits)).toBe('200');
  });
});

describe('a role', () => {
  let role: Uint8Array;
  let nurse: Story.Person;
  let shift: Story.Granted;

  beforeAll(async () => {
    nurse = await Story.person();
    await Story.settle(scene, nurse);
    role = await Story.role(scene);
    await Story.member(scene, 'vouch', { reader: nurse.account });
    await Story.member(scene, 'appoint', { role, reader: nurse.account });
    shift = await grant({}, role);
  });

  const appointed = async () => {
    const asked = await decided(shift, {}, nurse);
    expect(await answer(asked)).toBe('200');
    return asked;
  };

  test('stops a person dismissed a moment ago, with a decision from before', async () => {
    const asked = await appointed();
    await Story.member(scene, 'dismiss', { role, reader: nurse.account });
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_ROLE');
    await Story.member(scene, 'appoint', { role, reader: nurse.account });
    expect(await answer(asked)).toBe('200');
  });

  test('stops a person whose organisation ended its word, and who came back without the role', async () => {
    const asked = await appointed();
    await Story.member(scene, 'endVouch', { reader: nurse.account });
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_ROLE');
    await Story.member(scene, 'vouch', { reader: nurse.account });
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_ROLE');
    await Story.member(scene, 'appoint', { role, reader: nurse.account });
    expect(await answer(asked)).toBe('200');
  });

  test('stops everyone in it while its organisation is suspended', async () => {
    const asked = await appointed();
    view().organisations.get(toHex(Story.organisation))!.active = false;
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_ROLE');
    view().organisations.get(toHex(Story.organisation))!.active = true;
    expect(await answer(asked)).toBe('200');
  });

  test('stops a person who was never in it, though the chain granted the request', async () => {
    const asked = await ask(shift, {}, reader);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_ROLE');
  });

  test('stops a holder of another role of the same organisation', async () => {
    const other = await Story.role(scene);
    await Story.member(scene, 'vouch', { reader: reader.account });
    await Story.member(scene, 'appoint', { role: other, reader: reader.account });
    const asked = await ask(shift, {}, reader);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_ROLE');
  });

  test('stops an account that someone registered under the role’s own id', async () => {
    const posing = { ...(await Story.person()), account: role };
    await Story.settle(scene, posing);
    const asked = await ask(shift, {}, posing);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_ROLE');
  });

  test('stops a grant to a role that the patient did not sign, whoever holds it', async () => {
    const thief = await Story.person();
    const invented = Story.signGrant(scene, patient, reader, { reader: role }, { key: thief.wallet });
    const asked = await ask(invented, {}, nurse);
    Story.invent(custodian, scene, asked, invented);
    expect(await answer(asked)).toBe('403 RELEASE_GRANT_NOT_SIGNED');
  });
});

test('stops a reader for whom their organisation ceased to answer since the decision', async () => {
  const doctor = await Story.person();
  await Story.settle(scene, doctor);
  await Story.member(scene, 'vouch', { reader: doctor.account });
  const asked = await decided(await grant({}, doctor.account), {}, doctor);
  expect(await answer(asked)).toBe('200');
  await Story.member(scene, 'endVouch', { reader: doctor.account });
  expect(await answer(asked)).toBe('403 DENIED_READER_SUSPENDED');
});

describe('an emergency', () => {
  const statement = new Uint8Array(32).fill(5);

  test('opens to a stated reason', async () => {
    const asked = await decided(await grant({ emergency: true }), { statement });
    expect(await answer(asked)).toBe('200');
  });

  test('stops a look without a reason, though the chain granted it', async () => {
    const asked = await ask(await grant({ emergency: true }));
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_EMERGENCY_NOT_STATED');
  });

  test('stops a look that the chain keeps out of the record of emergencies', async () => {
    const asked = await ask(await grant({ emergency: true }), { statement });
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 RELEASE_NO_EMERGENCY');
  });

  test('stops a look that the chain recorded with another reason than the reader signed', async () => {
    const asked = await decided(await grant({ emergency: true }), { statement });
    expect(await answer(asked)).toBe('200');
    view().emergencies.get(toHex(asked.requestId))!.statement = '00'.repeat(32);
    expect(await answer(asked)).toBe('403 RELEASE_NO_EMERGENCY');
  });
});
