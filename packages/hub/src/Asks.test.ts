// Copyright the Islet authors. AGPL-3.0-or-later.
// Asks on a hub's disk: kept through a restart, within every limit, and gone when they are over.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Ask from '@islet/core/Ask';
import { toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Message from '@islet/core/Message';
import * as Stated from '@islet/core/wire/Stated';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as AskLimits from './AskLimits.js';
import * as Asks from './Asks.js';
import {
  ASK_KEPT_MS,
  ASKS,
  ASKS_PER_ASKER,
  ASKS_PER_PAIR,
  ASKS_PER_PATIENT,
  ASKS_UNVOUCHED,
} from './limits.js';
import { random } from './scene.testkit.js';

const start = 1_800_000_000_000;
const lasts = 14 * 24 * 3_600_000;
let now: number;
let folder: string;
let asks: Asks.Asks;
const ended = new Set<string>();

beforeEach(async () => {
  now = start;
  folder = await mkdtemp(join(tmpdir(), 'islet-asks-'));
  asks = await Asks.open(
    folder,
    () => now,
    (who) => ended.has(who),
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const key = Secp256k1.secretKeyFrom(random);
type Made = { place: Ask.Sealed; document: Uint8Array };

function made(part: Partial<Ask.Sealed> = {}): Made {
  const place = {
    ...{ asker: random(32), patient: random(32), id: random(32), sealed: random(1_400) },
    ...{ deadline: now + lasts, ...part },
  };
  const message = {
    ...{ chain: 1n, target: new Uint8Array(20), account: place.asker, kind: Stated.kinds.ask },
    ...{ hash: random(32), version: now },
  };
  const signed = Message.sign(Message.statement, message, key);
  return { place, document: Stated.encodeDocument({ signed, bytes: Ask.encodeSealed(place) }) };
}
const keep = async ({ place, document }: Made, isVouched = true): Promise<string> => {
  try {
    await asks.keep(document, place, isVouched);
    return 'kept';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('an ask that is kept', () => {
  test('is shown to both sides and to nobody else, also after a restart, until it is answered', async () => {
    const one = made();
    expect(await keep(one)).toBe('kept');
    const listed = [{ ask: one.document, answer: null }];
    for (let i = 0; i < 2; i++) {
      expect(await asks.of(one.place.patient)).toEqual(listed);
      expect(await asks.of(one.place.asker)).toEqual(listed);
      expect(await asks.of(random(32))).toEqual([]);
      asks = await Asks.open(
        folder,
        () => now,
        (who) => ended.has(who),
      );
    }
    const answer = random(1_300);
    await asks.answer(answer, one.place);
    expect(await asks.of(one.place.patient)).toEqual([]);
    expect(await asks.of(one.place.asker)).toEqual([{ ask: one.document, answer }]);
    asks = await Asks.open(
      folder,
      () => now,
      (who) => ended.has(who),
    );
    expect(await asks.of(one.place.patient)).toEqual([]);
    expect(await asks.of(one.place.asker)).toEqual([{ ask: one.document, answer }]);
  });

  test('changes nothing the second time, and makes no room for another of its id', async () => {
    const one = made();
    expect([await keep(one), await keep(one)]).toEqual(['kept', 'kept']);
    expect(await keep(made({ id: one.place.id }))).toBe('HUB_ASK_EXISTS');
    expect(await asks.of(one.place.patient)).toHaveLength(1);
  });

  test('takes one answer, of its own two sides', async () => {
    const one = made();
    await keep(one);
    const { place } = one;
    await expect(asks.answer(random(9), { ...place, patient: random(32) })).rejects.toThrow('no such ask');
    await expect(asks.answer(random(9), { ...place, asker: random(32) })).rejects.toThrow('no such ask');
    await expect(asks.answer(random(9), { ...place, id: random(32) })).rejects.toThrow('no such ask');
    const answer = random(9);
    await asks.answer(answer, place);
    await asks.answer(answer, place);
    await expect(asks.answer(random(9), place)).rejects.toThrow('answered already');
  });

  test('is pending until its deadline, and gone from the disk a week after it', async () => {
    const one = made();
    await keep(one);
    now = one.place.deadline - 1;
    expect(await asks.of(one.place.patient)).toHaveLength(1);
    now = one.place.deadline;
    expect(await asks.of(one.place.patient)).toEqual([]);
    expect(await asks.of(one.place.asker)).toHaveLength(1);
    now = one.place.deadline + ASK_KEPT_MS - 1;
    await asks.prune();
    expect(await readdir(folder)).toHaveLength(1);
    now++;
    await asks.prune();
    expect(await readdir(folder)).toEqual([]);
    expect(await asks.of(one.place.asker)).toEqual([]);
  });

  test('is dropped with either side’s erasure, and the asks of others stay', async () => {
    const patient = random(32);
    const [to, from, other] = [made({ patient }), made({ asker: patient }), made()];
    for (const one of [to, from, other]) await keep(one);
    ended.add(toHex(patient));
    await asks.dropOf(patient);
    expect(await keep(made({ patient }))).toBe('HUB_ERASED');
    expect(await readdir(folder)).toEqual([`${toHex(other.place.id)}.ask`]);
    expect(await asks.of(to.place.asker)).toEqual([]);
    expect(await asks.of(other.place.patient)).toHaveLength(1);
  });

  test('that rotted is forgotten, and keeps nobody from starting', async () => {
    const [good, bad] = [made(), made()];
    for (const one of [good, bad]) await keep(one);
    const path = join(folder, `${toHex(bad.place.id)}.ask`);
    await writeFile(path, (await readFile(path)).subarray(0, 900), { mode: 0o600 });
    asks = await Asks.open(
      folder,
      () => now,
      (who) => ended.has(who),
    );
    expect(await asks.of(bad.place.patient)).toEqual([]);
    expect(await asks.of(good.place.patient)).toHaveLength(1);
    expect(await readdir(folder)).toHaveLength(1);
  });
});

describe('a flood of asks', () => {
  const fill = async (n: number, part: () => Partial<Ask.Sealed>, isVouched: boolean): Promise<void> => {
    for (let i = 0; i < n; i++) expect(await keep(made(part()), isVouched)).toBe('kept');
  };

  test.each(['vouched', 'unvouched'] as const)(
    'of one asker, %s, ends at what one may have: to one patient and in all',
    (sort) => {
      const isVouched = sort === 'vouched';
      const of = (asker: string, patient: string) => ({ asker, patient, isVouched, deadline: now + lasts });
      const answered = (n: number, patient: (i: number) => string): AskLimits.Known[] =>
        Array.from({ length: n }, (_, i) => ({ ...of('a', patient(i)), isAnswered: true }));
      const take = (all: AskLimits.Known[], asker: string) => () =>
        AskLimits.require(all, of(asker, 'p'), now);
      const pair = ASKS_PER_PAIR[sort];
      const most = ASKS_PER_ASKER[sort];
      // Answered ones count as well: a patient who said no is not asked again and again.
      expect(
        take(
          answered(pair - 1, () => 'p'),
          'a',
        ),
      ).not.toThrow();
      expect(
        take(
          answered(pair, () => 'p'),
          'a',
        ),
      ).toThrow('Too many asks of this account');
      expect(take(answered(most - 1, String), 'a')).not.toThrow();
      expect(take(answered(most, String), 'a')).toThrow('Too many asks of this account');
      expect(take(answered(most, String), 'b')).not.toThrow();
    },
  );

  test('of all strangers, or of everybody, ends at what a hub keeps', () => {
    const many = (n: number, isVouched: boolean): AskLimits.Known[] =>
      Array.from({ length: n }, (_, i) => ({
        ...{ asker: `${i}`, patient: `${i}`, deadline: now + lasts, isVouched, isAnswered: false },
      }));
    const one = { asker: 'a', patient: 'p', deadline: now + lasts };
    const take = (all: AskLimits.Known[], isVouched: boolean) => () =>
      AskLimits.require(all, { ...one, isVouched }, now);
    expect(take(many(ASKS_UNVOUCHED, false), false)).toThrow('Too many asks wait');
    expect(take(many(ASKS_UNVOUCHED, false), true)).not.toThrow();
    expect(take(many(ASKS - 1, true), true)).not.toThrow();
    expect(take(many(ASKS, true), true)).toThrow('Too many asks wait');
  });

  test('of short asks is no way round the limits', async () => {
    const asker = random(32);
    const patient = random(32);
    await fill(ASKS_PER_PAIR.vouched, () => ({ asker, patient, deadline: now + 1 }), true);
    now += 10;
    await asks.prune();
    expect(await keep(made({ asker, patient }))).toBe('HUB_ASK_ALLOWANCE');
    now += ASK_KEPT_MS;
    await asks.prune();
    expect(await keep(made({ asker, patient }))).toBe('kept');
  });

  test('by any number of strangers leaves room for those for whom a member answers', async () => {
    const patient = random(32);
    await fill(ASKS_PER_PATIENT.unvouched, () => ({ patient }), false);
    expect(await keep(made({ patient }), false)).toBe('HUB_ASKS_FULL');
    await fill(ASKS_PER_PATIENT.vouched, () => ({ patient }), true);
    expect(await keep(made({ patient }))).toBe('HUB_ASKS_FULL');
    expect(await keep(made())).toBe('kept');
  });

  test('that came at once is counted one by one', async () => {
    const [asker, patient] = [random(32), random(32)];
    const all = await Promise.all(Array.from({ length: 9 }, () => keep(made({ asker, patient }))));
    expect(all.filter((one) => one === 'kept')).toHaveLength(ASKS_PER_PAIR.vouched);
  });

  test('that was answered makes room for the next asker', async () => {
    const patient = random(32);
    const all = Array.from({ length: ASKS_PER_PATIENT.unvouched }, () => made({ patient }));
    for (const one of all) await keep(one, false);
    await asks.answer(random(9), all[0]!.place);
    expect(await keep(made({ patient }), false)).toBe('kept');
  });
});
