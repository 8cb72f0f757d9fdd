// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Backlog from './Backlog.js';

const accounts = ['a', 'b', 'c'];
const item = (position: number, account: string): Backlog.Item => ({
  position,
  account,
  segments: [{ hash: `hash ${position}`, leaf: new Uint8Array([position]) }],
});
const noticed = (backlog: Backlog.Backlog, one: Backlog.Item) => backlog.waiting.push(one);

const step = fc.oneof(
  fc.record({ is: fc.constant('commit' as const), account: fc.constantFrom(...accounts) }),
  fc.record({ is: fc.constant('put' as const), many: fc.nat(3), refuse: fc.subarray(accounts) }),
  fc.record({ is: fc.constant('retry' as const), account: fc.constantFrom(...accounts) }),
  fc.record({ is: fc.constant('anchor' as const), many: fc.nat(3) }),
  fc.record({ is: fc.constant('mark' as const) }),
);

test('what commits and marks give at a restart lacks nothing that the hub lacks', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const live = Backlog.empty();
      const journal: ({ commit: Backlog.Item } | { mark: ReturnType<typeof Backlog.markOf> })[] = [];
      for (const s of steps) {
        if (s.is === 'commit') {
          const one = item(journal.length, s.account);
          journal.push({ commit: one });
          noticed(live, one);
        } else if (s.is === 'put') {
          for (const one of live.waiting.splice(0, s.many)) {
            live.cursor = one.position + 1;
            if (s.refuse.includes(one.account)) Backlog.park(live, one);
            else Backlog.put(live, one);
          }
        } else if (s.is === 'retry') {
          for (const one of live.parked.get(s.account) ?? []) Backlog.put(live, one);
          live.parked.delete(s.account);
        } else if (s.is === 'anchor') {
          for (const hash of [...live.unanchored.keys()].slice(0, s.many)) live.unanchored.delete(hash);
        } else journal.push({ mark: Backlog.markOf(live) });
      }
      const again = Backlog.empty();
      for (const one of journal)
        if ('mark' in one) Backlog.applyMark(again, one.mark);
        else noticed(again, one.commit);
      const lacks = (b: Backlog.Backlog) =>
        [...b.waiting, ...[...b.parked.values()].flat()].map((one) => one.position);
      const pending = (b: Backlog.Backlog) =>
        [...lacks(b), ...[...b.unanchored.values()].map((u) => u.position)].sort((x, y) => x - y);
      for (const position of lacks(live)) expect(lacks(again)).toContain(position);
      for (const position of pending(live)) expect(pending(again)).toContain(position);
      if (journal.length > 0 && 'mark' in journal.at(-1)! && steps.at(-1)?.is === 'mark') {
        expect(lacks(again).toSorted()).toEqual(lacks(live).toSorted());
      }
    }),
  );
});
