// Copyright the Islet authors. AGPL-3.0-or-later.

import { base64, unbase64 } from '@islet/core/base64';
import * as Day from '@islet/core/Day';
import { describe, expect, test } from 'vitest';
import { flipped } from '../../core/src/core.testkit.js';
import { AccessTamperedError, check } from './AccessCheck.js';
import { type AccessRecord, type Filters, type Line, passes, unfiltered } from './AccessRecord.js';
import { circleScene, emergencyScene, type Scene, scene } from './record.testkit.js';

type Requests = Extract<Line, { kind: 'request' }>[];
type Looks = Extract<Line, { kind: 'look' }>[];
const requests = (r: AccessRecord) => r.lines.filter((l) => l.kind === 'request') as Requests;
const looks = (r: AccessRecord) => r.lines.filter((l) => l.kind === 'look') as Looks;

/** What checking says of a scene after a change; of the chain too unless `alone`. */
async function said(
  change: (s: Scene) => void,
  alone = false,
  filters: Partial<Filters> = {},
): Promise<string> {
  const s = await scene(filters);
  const before = JSON.stringify([s.record, s.head, [...s.view.decisions]]);
  change(s);
  if (before === JSON.stringify([s.record, s.head, [...s.view.decisions]]))
    throw new Error('nothing was changed');
  const error = await check(s.record, alone ? null : s).catch((e) => e);
  expect(error).toBeInstanceOf(AccessTamperedError);
  expect(error.code).toBe('ACCESS_TAMPERED');
  return error.message;
}

describe('a record of who saw what', () => {
  test('holds as it was written, with the chain and without', async () => {
    const s = await scene();
    expect(await check(s.record, s)).toEqual({ requests: 5, looks: 3, notes: 6, chainHead: 21 });
    expect(await check(s.record, null)).toEqual({ requests: 5, looks: 3, notes: 6, chainHead: null });
    const again = JSON.parse(JSON.stringify(s.record));
    expect(await check(again, s)).toMatchObject({ requests: 5 });
  });

  test('says in words what the salt explains, and nothing else', async () => {
    const { record } = await scene();
    expect(requests(record).map((l) => l.words && [l.words.streams.join(' '), l.words.purpose])).toEqual([
      ['glucose/day insulin/raw', 'treatment'],
      null,
      ['glucose/day insulin/raw', 'treatment'],
      null,
      ['glucose/day insulin/raw', 'research'],
    ]);
  });

  test.each<[string, (l: Requests[number]['decision']) => void]>([
    ['reason', (d) => (d.reason = 0)],
    ['time', (d) => (d.at += 1000)],
    ['reader', (d) => (d.reader = d.patient)],
    ['block', (d) => (d.blockNumber -= 1)],
    ['days', (d) => (d.scope!.lastDay += 1)],
    ['count', (d) => (d.count += 1)],
  ])('with another %s of a decision is refused by the chain, and the request is named', async (_, change) => {
    const alter = ({ record }: Scene): void => {
      const line = requests(record)[0]!;
      // The chain's view holds the same parts.
      line.decision = structuredClone(line.decision);
      change(line.decision);
    };
    expect(await said(alter)).toContain('request 1: the chain decided otherwise');
  });

  test('with a request that never was, or one left out, names it', async () => {
    expect(
      await said(
        ({ record }) =>
          (requests(record)[2]!.decision = { ...requests(record)[2]!.decision, requestId: '00'.repeat(32) }),
      ),
    ).toContain('request 3: the chain has no such request');
    expect(
      await said(({ record }) => record.lines.splice(record.lines.indexOf(requests(record)[4]!), 1)),
    ).toContain('request 5: it is left out');
    expect(await said((s) => (s.head = 19))).toContain('only 19 of the 20 blocks');
  });

  test('with other words for streams or purpose names the request, even alone', async () => {
    expect(await said(({ record }) => (requests(record)[2]!.words!.purpose = 'payment'), true)).toContain(
      'request 3',
    );
    expect(await said(({ record }) => requests(record)[4]!.words!.streams.pop(), true)).toContain(
      'request 5',
    );
    expect(await said(({ record }) => (requests(record)[0]!.words!.salt = '11'.repeat(32)), true)).toContain(
      'request 1',
    );
  });

  test('with any bit of a release note turned names request and custodian', async () => {
    const { record } = await scene();
    const { note } = requests(record)[2]!.notes[1]!;
    const bits = unbase64(note).length * 8;
    for (let bit = 0; bit < bits; bit += 37)
      expect(
        await said(
          ({ record: r }) => (requests(r)[2]!.notes[1]!.note = base64(flipped(unbase64(note), bit))),
          true,
        ),
      ).toMatch(/request 3: custodian 3’s note of release/);
  });

  test('with the note of another request, or of another custodian, is refused', async () => {
    const swap = ({ record }: Scene) => (requests(record)[2]!.notes = requests(record)[4]!.notes);
    expect(await said(swap)).toContain('is about another');
    const rename = ({ record }: Scene) => (requests(record)[2]!.notes[0]!.custodian = 2);
    expect(await said(rename)).toContain('custodian 2’s note of release is not signed by it');
    const unknown = ({ record }: Scene) => (requests(record)[2]!.notes[0]!.custodian = 9);
    expect(await said(unknown)).toContain('is of no known custodian');
  });

  test('with a look altered, left out, or of a gateway never authorised names it', async () => {
    const time = '2026-11-20T08:22:00.000Z';
    expect(
      await said(({ record }) => (looks(record)[1]!.look = { ...looks(record)[1]!.look, count: 0 }), true),
    ).toContain(`the look of ${time}: its gateway did not sign this`);
    expect(
      await said(({ record }) => record.lines.splice(record.lines.indexOf(looks(record)[1]!), 1), true),
    ).toContain('the look of 2026-11-20T08:39:00.000Z: a look before it is left out');
    expect(
      await said(
        (s) => s.view.accounts.get(s.record.account)!.gateways.clear() ?? s.record.gateways.push('x'),
      ),
    ).toContain('never authorised the gateway');
  });

  test('with a line twice, or lines out of order, names it', async () => {
    expect(await said(({ record }) => record.lines.push(record.lines.at(-1)!))).toContain(
      'request 5: it is listed twice',
    );
    expect(await said(({ record }) => record.lines.push(record.lines.splice(1, 1)[0]!))).toContain(
      'request 1: it is out of order',
    );
  });

  test('about another person is refused', async () => {
    expect(await said(({ record }) => (record.account = '22'.repeat(32)), true)).toContain('another person');
  });
});

describe('filters', () => {
  const from = Day.startOf(Day.parse('2026-11-20')!, 0) + 8.5 * 3_600_000;

  test.each<[string, Partial<Filters>, string[]]>([
    ['refused only', { refused: true }, ['1', '2']],
    ['by stream, where it is known', { stream: 'insulin/raw' }, ['1', '3', '5']],
    ['by glucose/raw, with what devices read', { stream: 'glucose/raw' }, ['watch', 'watch', 'phone']],
    ['from a time on', { from }, ['3', 'phone', '4', '5']],
    ['up to a time', { to: from }, ['watch', '1', '2', 'watch']],
    ['by device', { reader: 'phone' }, ['phone']],
  ])('%s', async (_, filters, expected) => {
    const s = await scene(filters);
    const shown = s.record.lines.map((l) => (l.kind === 'look' ? l.look.device : String(l.decision.number)));
    expect(shown.toSorted()).toEqual(expected.toSorted());
    await check(s.record, s);
  });

  test('a line that they do not let through, or one left out among those they do, is named', async () => {
    expect(await said(({ record }) => (record.filters = { ...unfiltered, refused: true }))).toContain(
      'it is not what was asked for',
    );
    expect(await said(({ record }) => record.lines.pop(), false, { refused: true })).toContain(
      'request 2: it is left out',
    );
  });

  test('of nothing let everything through', async () => {
    const { record } = await scene();
    expect(record.lines.every((line) => passes(line, unfiltered))).toBe(true);
    expect(record.lines).toHaveLength(8);
  });
});

describe('a look by a role, in an emergency', () => {
  const why = 'Found unconscious.';
  const look = (r: AccessRecord) => requests(r).find((l) => l.emergency)!;

  test('holds as it was written, with the chain and without', async () => {
    const s = await emergencyScene(why);
    expect(await check(s.record, s)).toMatchObject({ requests: 5 });
    expect(await check(s.record, null)).toMatchObject({ requests: 5 });
  });

  test.each<[string, (l: Requests[number]) => void, boolean]>([
    ['another role', (l) => (l.role!.id = 'ff'.repeat(32)), false],
    ['no role', (l) => delete l.role, false],
    ['another reason', (l) => (l.emergency!.reason!.text += '!'), true],
    ['another statement', (l) => (l.emergency!.statement = 'ff'.repeat(32)), true],
    ['no emergency', (l) => delete l.emergency, false],
    ['a judgement that nobody made', (l) => (l.emergency!.reviews[0]!.justified = true), false],
  ])('with %s is refused', async (_, change, aloneToo) => {
    for (const alone of aloneToo ? [true, false] : [false]) {
      const s = await emergencyScene(why);
      change(look(s.record));
      const error = await check(s.record, alone ? null : s).catch((e) => e);
      expect(error).toBeInstanceOf(AccessTamperedError);
    }
  });

  test('with an emergency that was none is refused', async () => {
    const s = await emergencyScene(why);
    const [other] = requests(s.record);
    other!.emergency = look(s.record).emergency!;
    expect(await check(s.record, s).catch((e) => e.code)).toBe('ACCESS_TAMPERED');
  });
});

describe('a look under a grant to a circle', () => {
  const look = (r: AccessRecord) => requests(r).find((l) => l.circle)!;

  test('holds as it was written, with the chain and without', async () => {
    const s = await circleScene();
    expect(await check(s.record, s)).toMatchObject({ requests: 5 });
    expect(await check(s.record, null)).toMatchObject({ requests: 5 });
  });

  test.each<[string, (l: Requests[number]) => void]>([
    ['another circle', (l) => (l.circle!.id = 'ff'.repeat(32))],
    ['another keeper', (l) => (l.circle!.keeper = 'ff'.repeat(32))],
    ['no circle', (l) => delete l.circle],
  ])('with %s is refused', async (_, change) => {
    const s = await circleScene();
    change(look(s.record));
    expect(await check(s.record, s).catch((e) => e.code)).toBe('ACCESS_TAMPERED');
  });

  test('with a circle where there was none is refused', async () => {
    const [s, plain] = [await circleScene(), await scene()];
    const [other] = requests(plain.record);
    other!.circle = look(s.record).circle!;
    expect(await check(plain.record, plain).catch((e) => e.code)).toBe('ACCESS_TAMPERED');
  });
});
