// Copyright the Islet authors. AGPL-3.0-or-later.
// The terms that no key can enforce: hours, rolling days, roles, emergencies. The contract has decided each of these
// requests, or is made to say so; what is under test is that the custodian judges them itself.
import * as Abi from '@islet/chain/Abi';
import type { Item } from '@islet/chain/AbiTypes';
import { circlesAbi } from '@islet/chain/abi/Circles';
import * as Events from '@islet/chain/Events';
import * as Circle from '@islet/core/Circle';
import { toHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Day from '@islet/core/Day';
import type * as Message from '@islet/core/Message';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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

describe('a circle', () => {
  let [parent, nurse, aunt]: Story.Person[] = [];
  let circle: Uint8Array;
  let lesson: Story.Granted;
  const hex = () => toHex(circle);
  const admit = (who: Story.Person) =>
    Story.say(scene, parent!, 'admit', { circle, keeper: parent!.account, reader: who.account });
  const dismiss = (by: Story.Person, who: Story.Person) =>
    Story.say(scene, by, 'dismiss', { circle, by: by.account, reader: who.account });

  beforeEach(async () => {
    [parent, nurse, aunt] = [await Story.person(), await Story.person(), await Story.person()];
    for (const who of [parent, nurse, aunt]) await Story.settle(scene, who);
    circle = await Story.circle(scene, patient, parent);
    lesson = await grant({}, circle);
  });

  const admitted = async () => {
    await admit(nurse!);
    const asked = await decided(lesson, {}, nurse);
    expect(await answer(asked)).toBe('200');
    return asked;
  };

  test('stops a person whom the keeper took out a moment ago, with a decision from before', async () => {
    const asked = await admitted();
    await dismiss(parent!, nurse!);
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
    await admit(nurse!);
    expect(await answer(asked)).toBe('200');
  });

  test('stops a person whom the patient took out, whatever the chain says of them afterwards', async () => {
    const asked = await admitted();
    await dismiss(patient, nurse!);
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
    tell('Admitted', { circle, patient: patient.account, reader: nurse!.account });
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
  });

  test('stops everyone in it once the patient ended it', async () => {
    const asked = await admitted();
    await Story.say(scene, patient, 'endCircle', { circle, patient: patient.account });
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
  });

  test('stops everyone in it once its time is over, by either clock', async () => {
    circle = await Story.circle(scene, patient, parent!, { seconds: 60 });
    lesson = await grant({}, circle);
    const asked = await admitted();
    const until = view().circles.get(hex())!.until * 1000;
    scene.clock.now = until - 5000;
    expect(await answer(asked)).toBe('200');
    custodian.clock.skew = 5000;
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
    custodian.clock.skew = -5000;
    expect(await answer(asked)).toBe('200');
    scene.clock.now = until;
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
  });

  test('stops whoever was never let in, the keeper too, though the chain granted the request', async () => {
    for (const who of [aunt!, parent!]) {
      const asked = await ask(lesson, {}, who);
      Story.invent(custodian, scene, asked);
      expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
    }
  });

  test('stops one more than the patient signed, though the chain let them in', async () => {
    await admit(nurse!);
    await admit(parent!);
    const asked = await ask(lesson, {}, aunt!);
    Story.invent(custodian, scene, asked);
    tell('Admitted', { circle, patient: patient.account, reader: aunt!.account });
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
  });

  test('stops a keeper, a number or an end that the chain puts in place of what the patient signed', async () => {
    const salt = Scene.random(32);
    const signed = { patient: patient.account, keeper: parent!.account, maxPeople: 1, until: 4e9, salt };
    const keyHash = Scene.random(32);
    circle = Circle.idOf(signed);
    lesson = await grant({}, circle);
    const asked = await ask(lesson, {}, aunt!);
    Story.invent(custodian, scene, asked);
    const others = [{ keeper: aunt!.account }, { maxPeople: 9 }, { until: 5e9 }, { patient: aunt!.account }];
    for (const other of others) {
      tell('CircleOpened', { circle, ...signed, ...other, keyHash });
      tell('Admitted', { circle, patient: patient.account, reader: aunt!.account });
      // Of no circle, so for the account of that id alone.
      expect(await answer(asked)).toBe('403 DENIED_WRONG_READER');
    }
    tell('CircleOpened', { circle, ...signed, keyHash });
    tell('Admitted', { circle, patient: patient.account, reader: aunt!.account });
    // As signed, it stands: who is in it then is what the chain says, as with roles.
    expect(await answer(asked)).toBe('200');
  });

  test('stops who is in another patient’s circle, to which this one granted', async () => {
    const other = await Story.person();
    await Story.settle(scene, other);
    circle = await Story.circle(scene, other, parent!);
    lesson = await grant({}, circle);
    await admit(nurse!);
    const asked = await ask(lesson, {}, nurse!);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
  });

  test('stops an account that someone registered under the circle’s own id', async () => {
    const posing = { ...(await Story.person()), account: circle };
    await Story.settle(scene, posing);
    const asked = await ask(lesson, {}, posing);
    Story.invent(custodian, scene, asked);
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
  });

  test('stops whom a keeper lets in for whom no organisation answers any more, though the chain let them in', async () => {
    await Story.member(scene, 'vouch', { reader: parent!.account });
    await Story.member(scene, 'endVouch', { reader: parent!.account });
    const asked = await ask(lesson, {}, nurse!);
    Story.invent(custodian, scene, asked);
    // Our view comes to those blocks first.
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
    tell('Admitted', { circle, patient: patient.account, reader: nurse!.account });
    expect(await answer(asked)).toBe('403 DENIED_NOT_IN_CIRCLE');
  });

  test('stops a person in it outside the hours that the patient signed, as anybody', async () => {
    await admit(nurse!);
    goTo(600);
    const morning = await grant({ fromMinute: 480, toMinute: 660, offsetMinutes }, circle);
    const asked = await decided(morning, {}, nurse!);
    expect(await answer(asked)).toBe('200');
    scene.clock.now += 60 * minute;
    expect(await answer(await inventedBy(morning, nurse!))).toBe('403 DENIED_OUTSIDE_HOURS');
  });

  const inventedBy = async (under: Story.Granted, who: Story.Person) => {
    const asked = await ask(under, {}, who);
    Story.invent(custodian, scene, asked);
    return asked;
  };

  /** What the validators, all together, could make the chain say of a circle. */
  function tell(name: 'CircleOpened' | 'Admitted', args: Record<string, Uint8Array | number>): void {
    const items: readonly Item[] = circlesAbi;
    const { inputs = [] } = items.find((item) => item.type === 'event' && item.name === name)!;
    const word = (value: Uint8Array | number): string =>
      typeof value === 'number' ? value.toString(16).padStart(64, '0') : toHex(value);
    const of = (isIndexed: boolean) =>
      inputs.flatMap((p) => (p.indexed === isIndexed ? [word(args[p.name!]!)] : []));
    const told = {
      address: scene.deployment.circles,
      topics: [Abi.topicOf(circlesAbi, name), ...of(true).map((w) => `0x${w}` as const)],
      data: `0x${of(false).join('')}` as const,
      ...{ blockNumber: 1, timestamp: scene.clock.now / 1000 },
    };
    Events.apply(view(), scene.deployment, told);
  }
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
