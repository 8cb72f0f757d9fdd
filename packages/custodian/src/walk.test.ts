// Copyright the Islet authors. AGPL-3.0-or-later.
// Random walks: the real contracts and a real custodian against a small model of what the patients allow. Every decision
// on chain is the model's, and the custodian opens exactly what the model allows at that moment and nothing else.
import { toHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Day from '@islet/core/Day';
import type * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

/** Steps of all walks together: those of `npm test` take about a minute of processor time, nearly all of it signatures. */
const isSoak = process.env.ISLET_SOAK !== undefined;
const steps = isSoak ? 100_000 : 10_000;
const walkLength = 500;
/** Steps that go into one block, unless time passes between them. */
const together = 40;

const streams = ['glucose/raw', 'glucose/day'] as const satisfies Stream[];
const purposes = ['treatment', 'research'] as const;
const offsetMinutes = 120;
const hour = 3_600_000;
/** A decision opens shares for so long. */
const decisionLife = 10 * 60_000;

let scene: Scene.Scene;
/** The same, but that what is sent waits for the others of its block. */
let later: Scene.Scene;
let waiting: Scene.Call[] = [];
let custodian: Scene.Custodian;
/** The first is in the role at times; the last has nobody to answer for them ever. */
let readers: Story.Person[];
let role: Uint8Array;

beforeAll(async () => {
  scene = await Scene.startScene();
  later = {
    ...scene,
    async relay(contract, data) {
      waiting.push({ contract, data });
    },
  };
  custodian = await scene.custodian(1);
  readers = await Promise.all([0, 1, 2].map(() => Story.person()));
  for (const reader of readers) await Story.settle(scene, reader);
  role = await Story.role(scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

type GrantTerms = {
  reader: number | 'role';
  streams: number;
  purpose: number;
  firstDay: number;
  days: number;
  rollingDays: number;
  /** Hours from now. */
  notBefore: number;
  lasts: number;
  weekdays: number;
  fromHour: number;
  hours: number;
  maxUses: number;
  emergency: boolean;
};
type Given = { terms: GrantTerms; told: Story.Granted; revoked: boolean; heard: boolean; uses: number };
type Look = {
  given: Given | null;
  reader: number;
  stream: number;
  day: number;
  stated: boolean;
  purpose: number;
  at: number;
  reason: number;
  asked: Story.Asked;
  own: boolean;
  /** How often the grant was used before it. */
  before: number;
};

/** All that the model knows. */
type Model = {
  patient: Story.Person;
  sealed: Story.Sealed[][];
  grants: Given[];
  looks: Look[];
  /** Looks of the block that is being gathered, and those to ask the custodian about after it. */
  undecided: Look[];
  asks: Look[];
  /** Steps since the last block. */
  pending: number;
  /** Days by stream that the patient erased. */
  erased: Set<string>;
  /** The day of an erasure that the chain knows and the custodian has not been told of. */
  erasing: number | null;
};
/** Of everybody: outlives a walk. */
const standing = { vouched: new Set<number>(), ended: new Set<number>(), inRole: new Set<number>() };

const days = 3;
/** The first of the days with data; the last of them is the day before the walk begins. */
const startDay = (): number => Day.of(scene.clock.now, offsetMinutes) - days;

async function begin(): Promise<Model & { first: number }> {
  const patient = await Story.person();
  expect(await custodian.answer('/v1/enrol', Story.enrolment(await Story.settle(scene, patient)))).toBe(
    '200',
  );
  const others = [await Hpke.publicKeyOf(Scene.random(32)), await Hpke.publicKeyOf(Scene.random(32))];
  const first = startDay();
  const sealed = await Promise.all(
    streams.map((stream) =>
      Promise.all(
        Array.from({ length: days }, async (_, i) => {
          const own = await Story.keyOf(custodian, patient, stream, first + i);
          return Story.seal([], patient, { stream, day: first + i, keys: [own, ...others] });
        }),
      ),
    ),
  );
  await Story.anchor(scene, sealed.flat());
  return {
    patient,
    sealed,
    grants: [],
    looks: [],
    undecided: [],
    asks: [],
    pending: 0,
    erased: new Set(),
    erasing: null,
    first,
  };
}

const local = (at: number) => {
  const minutes = Math.floor(at / 60_000) + offsetMinutes;
  // 1970-01-01 was a Thursday; Monday is 0.
  return { weekday: (Math.floor(minutes / 1440) + 3) % 7, minute: minutes % 1440 };
};

/** What the words of the grant say, in the order in which the contract tries them. */
function reasonOf(look: Omit<Look, 'reason' | 'asked' | 'at'>, at: number, first: number): number {
  const { given, reader, stream, day, purpose, stated, before } = look;
  if (look.own) return 0;
  if (!given) return 12;
  const { terms, told } = given;
  const { message: g } = told;
  const seconds = Math.floor(at / 1000);
  if (given.revoked) return 2;
  if (seconds >= g.expiresAt) return 3;
  if (seconds < g.notBefore) return 4;
  if (terms.reader === 'role') {
    if (!standing.inRole.has(reader)) return 14;
  } else if (terms.reader !== reader) return 5;
  if ((terms.streams & (1 << stream)) === 0) return 7;
  const today = Day.of(at, offsetMinutes);
  const [from, to] = [first + terms.firstDay, first + terms.firstDay + terms.days - 1];
  if (first + day < from || first + day > to) return 8;
  if (terms.rollingDays > 0 && first + day < today - terms.rollingDays + 1) return 8;
  if (purpose !== terms.purpose) return 9;
  const { weekday, minute } = local(at);
  const isOpen = minute >= terms.fromHour * 60 && minute < (terms.fromHour + terms.hours) * 60;
  if ((terms.weekdays & (1 << weekday)) === 0 || !isOpen) return 13;
  if (terms.emergency && !stated) return 15;
  if (terms.maxUses > 0 && before >= terms.maxUses) return 10;
  if (standing.ended.has(reader)) return 11;
  return 0;
}

type World = Awaited<ReturnType<typeof begin>>;

async function grantNow(w: World, terms: GrantTerms): Promise<void> {
  const now = Story.secondsOf(scene);
  const told = await Story.grant(
    later,
    w.patient,
    readers[0]!,
    {
      reader: terms.reader === 'role' ? role : readers[terms.reader]!.account,
      firstDay: w.first + terms.firstDay,
      lastDay: w.first + terms.firstDay + terms.days - 1,
      rollingDays: terms.rollingDays,
      notBefore: now + terms.notBefore * 3600,
      expiresAt: now + (terms.notBefore + terms.lasts) * 3600,
      ...{ weekdays: terms.weekdays, offsetMinutes, maxUses: terms.maxUses, emergency: terms.emergency },
      ...{ fromMinute: terms.fromHour * 60, toMinute: (terms.fromHour + terms.hours) * 60 },
    },
    {
      streams: streams.filter((_, i) => (terms.streams & (1 << i)) !== 0),
      purpose: purposes[terms.purpose]!,
    },
  );
  w.grants.push({ terms, told, revoked: false, heard: false, uses: 0 });
}

type Wish = {
  grant: number;
  reader: number;
  stream: number;
  day: number;
  purpose: number;
  stated: boolean;
  /** Bent to the grant's own terms, but for times and uses: else nearly all are refused for the same few reasons. */
  fits: boolean;
};

function bent(wish: Wish, { terms }: Given): Wish {
  if (!wish.fits) return wish;
  const { firstDay, purpose } = terms;
  return {
    // Now and then without the reason that an emergency needs.
    ...{ ...wish, purpose, stated: wish.stated || wish.grant % 4 > 0 },
    reader: terms.reader === 'role' ? wish.reader : terms.reader,
    stream: terms.streams === 3 ? wish.stream : terms.streams - 1,
    day: firstDay + (wish.day % Math.min(terms.days, days - firstDay)),
  };
}

async function lookNow(w: World, asWished: Wish, own: boolean): Promise<void> {
  // The newest grants are the likeliest to be in force.
  const given = own ? null : w.grants[Math.max(0, w.grants.length - 1 - (asWished.grant % 6))]!;
  const wish = given ? bent(asWished, given) : asWished;
  const reader = own ? w.patient : readers[wish.reader]!;
  const piece = w.sealed[wish.stream]![wish.day]!;
  // A reason is only for an emergency: the contract takes none otherwise.
  const stated = wish.stated && given?.terms.emergency === true;
  const changes: Partial<Message.Request> = {
    ...{ firstDay: w.first + wish.day, lastDay: w.first + wish.day },
    statement: stated ? Scene.random(32) : new Uint8Array(32),
  };
  const how = { streams: [streams[wish.stream]!], changes };
  const words = given && { ...given.told, purpose: purposes[wish.purpose]! };
  const asked = words
    ? await Story.ask(scene, reader, words, [piece], how)
    : await Story.askOwn(scene, reader, [piece], how);
  await Story.decide(later, reader, asked, given?.told);
  const at = Story.secondsOf(scene) * 1000;
  const before = given?.uses ?? 0;
  const seen = { given, reader: own ? -1 : wish.reader, stream: wish.stream, day: wish.day };
  const known = { ...seen, purpose: wish.purpose, stated, own, before };
  const reason = reasonOf(known, at, w.first);
  if (reason === 0 && given && given.terms.maxUses > 0) given.uses++;
  const look = { ...known, at: scene.clock.now, reason, asked };
  w.looks.push(look);
  w.undecided.push(look);
}

/** Makes the block, holds its decisions against the model's, and asks the custodian about the looks in it. */
async function settle(w: World): Promise<void> {
  const [calls, undecided, asks] = [waiting, w.undecided, w.asks];
  [waiting, w.undecided, w.asks, w.pending] = [[], [], [], 0];
  await scene.relayAll(calls);
  await custodian.context.chain.freshHead();
  for (const look of undecided) {
    const decision = custodian.context.chain.state.decisions.get(toHex(look.asked.requestId))!;
    expect(decision.reason, told(w, look)).toBe(look.reason);
    expect(decision.at).toBe(Math.floor(look.at / 1000) * 1000);
  }
  // The contract's own denials end in one place: some of them will do.
  const telling = undecided.filter(({ reason }, i) => reason === 0 || i % 4 === 0);
  await Promise.all([...telling, ...asks].map((look) => check(w, look)));
}

/** Whether the patient would have it opened now. */
function allows(w: World, look: Look): boolean {
  const now = scene.clock.now;
  return (
    look.reason === 0 &&
    now - look.at <= decisionLife &&
    !(look.given?.heard ?? false) &&
    !w.erased.has(`${look.stream}/${look.day}`) &&
    w.erasing !== look.day &&
    reasonOf(look, now, w.first) === 0
  );
}

async function check(w: World, look: Look): Promise<void> {
  const expected = allows(w, look);
  const said = await Story.answer(custodian, look.asked);
  expect(said === '200', `${said}, the model ${expected}: ${told(w, look)}`).toBe(expected);
  if (!expected) expect(said).toMatch(/^4\d\d (DENIED|RELEASE)_[A-Z_]+$/);
}

const told = (w: World, look: Look): string =>
  JSON.stringify(
    { terms: look.given?.terms, look: { ...look, given: null, asked: null }, first: w.first },
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
  );

type Member = 'vouch' | 'endVouch' | 'appoint' | 'dismiss';

/** What the organisation does about a reader, where the contract lets it. */
async function memberNow(name: Member, reader: number): Promise<void> {
  const { vouched, ended, inRole } = standing;
  const { account } = readers[reader]!;
  const can = { vouch: !vouched.has(reader), endVouch: vouched.has(reader) };
  const isFit = {
    ...can,
    appoint: vouched.has(reader) && !inRole.has(reader),
    dismiss: inRole.has(reader),
  }[name];
  if (!isFit) return;
  const isRole = name === 'appoint' || name === 'dismiss';
  await Story.member(later, name, isRole ? { role, reader: account } : { reader: account });
  if (name === 'vouch') {
    vouched.add(reader);
    ended.delete(reader);
  }
  if (name === 'endVouch') {
    vouched.delete(reader);
    ended.add(reader);
    inRole.delete(reader);
  }
  if (name === 'appoint') inRole.add(reader);
  if (name === 'dismiss') inRole.delete(reader);
}

/** A look a minute before the newest grant ends for good or for the day, and the same once it has. */
async function brink(w: World, of: 'expiry' | 'hours', wish: Wish): Promise<void> {
  const given = w.grants.at(-1);
  if (!given) return;
  const { expiresAt, toMinute } = given.told.message;
  const now = scene.clock.now;
  const today = Day.startOf(Day.of(now, offsetMinutes), offsetMinutes);
  const end = of === 'expiry' ? expiresAt * 1000 : today + toMinute * 60_000;
  if (end - 60_000 < now) return;
  await settle(w);
  scene.clock.now = end - 60_000;
  await lookNow(w, { ...wish, grant: 0, fits: true }, false);
  await settle(w);
  scene.clock.now = end;
  await check(w, w.looks.at(-1)!);
}

type Step =
  | { do: 'grant'; terms: GrantTerms }
  | { do: 'look'; wish: Wish; own: boolean }
  | { do: 'revoke'; grant: number; to: 'chain' | 'custodian' }
  | { do: 'member'; name: Member; reader: number }
  | { do: 'wait'; ms: number }
  | { do: 'erase'; stream: number; day: number }
  | { do: 'ask'; look: number }
  | { do: 'brink'; of: 'expiry' | 'hours'; wish: Wish };

async function take(w: World, step: Step): Promise<void> {
  if (++w.pending > together) await settle(w);
  if (step.do === 'grant') return grantNow(w, step.terms);
  if (step.do === 'member') return memberNow(step.name, step.reader);
  if (step.do === 'wait') {
    await settle(w);
    scene.clock.now += step.ms;
    return;
  }
  if (step.do === 'look') {
    if (step.own || w.grants.length > 0) await lookNow(w, step.wish, step.own);
    return;
  }
  if (step.do === 'ask') {
    const look = w.looks[Math.max(0, w.looks.length - 1 - step.look)];
    if (look) w.asks.push(look);
    return;
  }
  if (step.do === 'brink') return brink(w, step.of, step.wish);
  if (step.do === 'revoke') return revokeNow(w, step);
  return eraseNow(w, step);
}

async function revokeNow(w: World, { grant, to }: { grant: number; to: 'chain' | 'custodian' }) {
  const given = w.grants[grant % Math.max(1, w.grants.length)];
  if (!given) return;
  const { grantId } = given.told.message;
  if (to === 'chain') {
    if (given.revoked) return;
    given.revoked = true;
    return Story.revokeOnChain(later, w.patient, grantId);
  }
  // What was asked before it was opened by then.
  await settle(w);
  given.heard = true;
  const { bytes } = Story.revocation(scene, w.patient, grantId);
  expect(await custodian.answer('/v1/revoke', bytes)).toBe('200');
}

async function eraseNow(w: World, { stream, day }: { stream: number; day: number }): Promise<void> {
  const key = `${stream}/${day}`;
  if (w.erased.has(key)) return;
  const of = { streams: [streams[stream]!], firstDay: w.first + day, lastDay: w.first + day };
  const { message, handover } = Story.erasure(scene, w.patient, of);
  await Story.eraseOnChain(later, w.patient, message);
  // The chain names the days and no stream: until the custodian is handed the words, it opens nothing of those days.
  w.erasing = day;
  await settle(w);
  expect(await custodian.answer('/v1/erase', handover)).toBe('200');
  w.erasing = null;
  w.erased.add(key);
}

const terms: fc.Arbitrary<GrantTerms> = fc
  .record({
    reader: fc.constantFrom<(number | 'role')[]>(0, 1, 2, 'role'),
    streams: fc.integer({ min: 1, max: 3 }),
    purpose: fc.nat(purposes.length - 1),
    firstDay: fc.nat(1),
    days: fc.integer({ min: 1, max: days }),
    rollingDays: fc.constantFrom(0, 0, 1, 3, 5),
    notBefore: fc.constantFrom(0, 0, 0, 1),
    lasts: fc.integer({ min: 1, max: 48 }),
    weekdays: fc.constantFrom(127, 127, 31, 96),
    fromHour: fc.constantFrom(0, 0, 8),
    hours: fc.constantFrom(24, 24, 10),
    maxUses: fc.constantFrom(0, 0, 1, 2),
    emergency: fc.constantFrom(false, false, false, true),
  })
  .map((t) => ({ ...t, hours: Math.min(t.hours, 24 - t.fromHour) }));
const wish: fc.Arbitrary<Wish> = fc.record({
  grant: fc.nat(1_000),
  reader: fc.nat(2),
  stream: fc.nat(streams.length - 1),
  day: fc.nat(days - 1),
  purpose: fc.constantFrom(0, 0, 1),
  stated: fc.boolean(),
  fits: fc.constantFrom(true, true, true, false),
});
const reader = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('grant' as const), terms }) },
  {
    weight: 40,
    arbitrary: fc.record({
      do: fc.constant('look' as const),
      wish,
      own: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('revoke' as const),
      grant: fc.nat(1_000),
      to: fc.constantFrom('chain' as const, 'custodian' as const),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('member' as const),
      name: fc.constantFrom<Member[]>('vouch', 'vouch', 'endVouch', 'appoint', 'appoint', 'dismiss'),
      reader,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1_000, 5 * 60_000, decisionLife, decisionLife + 1_000, hour, 9 * hour, 24 * hour),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('erase' as const),
      stream: fc.nat(streams.length - 1),
      day: fc.nat(days - 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('brink' as const),
      of: fc.constantFrom('expiry' as const, 'hours' as const),
      wish,
    }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('ask' as const), look: fc.nat(20) }) },
);

test('walks of any steps: the chain decides as the model, and the custodian opens what the model allows', async () => {
  const tally = { steps: 0, decided: new Map<number, number>() };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: walkLength, maxLength: walkLength }), async (walk) => {
      const w = await begin();
      for (const one of walk) await take(w, one);
      await settle(w);
      tally.steps += walk.length;
      for (const { reason } of w.looks) tally.decided.set(reason, (tally.decided.get(reason) ?? 0) + 1);
    }),
    // A walk is not made shorter: what the organisation did outlives it.
    { numRuns: Math.ceil(steps / walkLength), endOnFailure: true },
  );

  expect(tally.steps).toBeGreaterThanOrEqual(steps);
  // Walks that are only ever refused, or never, show little: in so many, every reason comes up.
  const every = [0, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15];
  const met = every.filter((reason) => tally.decided.has(reason));
  expect(met.length, `met ${met.join(', ')}`).toBeGreaterThanOrEqual(
    isSoak ? every.length : every.length - 2,
  );
  expect(met).toContain(0);
}, 7_200_000);
