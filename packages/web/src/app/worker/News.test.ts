// Copyright the Islet authors. AGPL-3.0-or-later.
import * as View from '@islet/chain/View';
import { toHex } from '@islet/core/crypto/bytes';
import { beforeEach, expect, test } from 'vitest';
import { newsOf } from './News.js';

const [me, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const hourMs = 3_600_000;
let state: View.View;
let now: number;

beforeEach(() => {
  state = View.empty();
  now = 10 * hourMs;
});

const news = () => newsOf({ chain: { state }, now: () => now } as Parameters<typeof newsOf>[0], me);

const grant = (id: string, patient: Uint8Array, reader: Uint8Array) =>
  state.grants.set(id, {
    ...{ grantHash: '', patient: toHex(patient), reader: toHex(reader) },
    ...{ expiresAt: (now + hourMs) / 1000, grantedAt: now, revokedAt: null },
  });

test('a grant to or by a person is news, and so are its end and its being taken back; others’ are none', () => {
  const before = news().grants;
  grant('1', other, other);
  expect(news().grants).toBe(before);
  grant('2', other, me);
  const held = news().grants;
  grant('3', me, other);
  const given = news().grants;
  state.grants.get('2')!.revokedAt = now;
  const revoked = news().grants;
  now += 2 * hourMs;
  expect(new Set([before, held, given, revoked, news().grants]).size).toBe(5);
});

test('what was granted to a role is news to whoever holds it, from the appointment on', () => {
  const role = new Uint8Array(32).fill(3);
  state.roles.set(toHex(role), {
    org: 'org',
    keyHash: '',
    appointments: new Map([[toHex(me), 1]]),
  });
  state.organisations.set('org', { admin: '', active: true });
  const without = news().grants;
  state.vouches.set(toHex(me), { org: 'org', number: 1, active: true });
  const appointed = news().grants;
  grant('1', other, role);
  expect(new Set([without, appointed, news().grants]).size).toBe(3);
});

test('a recovery is under way until it ends, with how many agree of how many', () => {
  state.recoveries.set(toHex(me), {
    guardians: { commitments: [], threshold: 2, delay: 86_400, setAt: 0 },
    attempts: new Map([
      [
        4,
        {
          newSigner: '00',
          approvals: new Set(['a']),
          openedAt: now,
          readyAt: null,
          state: 'open' as const,
          endedAt: null,
        },
      ],
    ]),
  });
  expect(news().recoveries).toEqual([{ attempt: 4, approvals: 1, readyAt: null, need: 2 }]);
  state.recoveries.get(toHex(me))!.attempts.get(4)!.state = 'objected';
  expect(news().recoveries).toEqual([]);
});

test('who is in a circle is news to its patient, its keeper and who is in it, and so is its end; to others it is none', () => {
  const circle = (patient: Uint8Array, keeper: Uint8Array) => ({
    ...{ patient: toHex(patient), keeper: toHex(keeper), maxPeople: 2, keyHash: '' },
    ...{
      until: (now + hourMs) / 1000,
      people: new Map<string, number>(),
      barred: new Set<string>(),
      endedAt: null,
    },
  });
  for (const [patient, keeper] of [
    [me, other],
    [other, me],
  ] as const) {
    state.circles.clear();
    const before = news().circles;
    state.circles.set('a', circle(patient, keeper));
    const opened = news().circles;
    state.circles.get('a')!.people.set('05', now);
    const joined = news().circles;
    now += 2 * hourMs;
    expect(new Set([before, opened, joined, news().circles]).size).toBe(4);
  }
  const theirs = circle(other, other);
  state.circles.set('a', theirs);
  const [{ circles }, { grants }] = [news(), news()];
  grant('1', other, new Uint8Array(32).fill(10));
  theirs.people.set('05', now);
  expect(news().circles).toBe(circles);
  theirs.people.set(toHex(me), now);
  expect(news().circles).not.toBe(circles);
  expect(news().grants).not.toBe(grants);
});
