// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { Stream } from '@islet/core/Stream';
import type { Put } from '@islet/core/wire/Put';
import type { Journal } from '@islet/store/Journal';
import type { Account } from './Accounts.js';
import * as Backlog from './Backlog.js';
import type { Elsewhere } from './Elsewhere.js';
import type { Events } from './events.js';
import { type Options as HeadOptions, headPuts } from './HeadPuts.js';
import { HubRefusedError } from './Hub.js';
import { MARK_MS, PUT_BYTES, PUT_PAUSE_MS, PUT_SEGMENTS, RETRY_MAX_MS, RETRY_MS } from './limits.js';
import * as Record from './Record.js';
import { refused as makeRefused } from './Refused.js';
import type { AccountState } from './State.js';

/**
 * Pushes what the journal holds to the hub, in order and for ever: first the sealed bytes, then the heads that speak of
 * them. What the hub refuses of one account is parked and tried again, and holds up nobody else.
 */
export type Puts = {
  /** A commit is on the disk and counts. */
  noticed(commit: Record.Commit, position: number): void;
  /** A stream has keys or data: its head is due. */
  touch(state: AccountState, stream: Stream): void;
  /** The account named a hub: what is of it goes there. */
  moved(account: Account): void;
  /** Whoever waits looks again. */
  stirred(): void;
  /** Resolves once the hub has all there is of an account now, heads included, or false at `until`. */
  flushed(account: string, until: number): Promise<boolean>;
  close(): Promise<void>;
};

export type Options = Omit<HeadOptions, 'refused' | 'backlog'> & {
  backlog: Backlog.Backlog;
  /** Accounts with another hub than this gateway's own. */
  elsewhere: Elsewhere;
  journal: Pick<Journal, 'append' | 'read'>;
  stateOf: (account: string) => AccountState | undefined;
  events: Events;
};

export function puts(options: Options): Puts {
  const { journal, backlog, hub, stateOf, elsewhere, now, events } = options;
  const refused = makeRefused(backlog.parked.keys(), now, events);
  const heads = headPuts({ ...options, refused });
  let wake: () => void = () => {};
  let closing = false;
  let delay = 0;
  let markedAt = 0;
  let marked = '';
  let waiters: (() => void)[] = [];

  async function readOne(position: number): Promise<Record.Commit> {
    for await (const { record } of journal.read(position)) {
      const parsed = Record.parse(record);
      if (parsed.is === 'commit') return parsed.commit;
    }
    throw new RangeError('the journal lacks a record of the backlog');
  }

  const append = (into: Put, c: Record.Commit): void => {
    into.epochs.push(...c.epochs);
    into.shares.push(...c.shares);
    into.segments.push(...c.segments);
  };
  const nothing = (): Put => ({ epochs: [], shares: [], segments: [], heads: [] });

  /** The next records of the backlog, as many as one put takes. */
  async function nextRun(): Promise<{ items: Backlog.Item[]; put: Put }> {
    const items: Backlog.Item[] = [];
    const put = nothing();
    let bytes = 0;
    const first = backlog.waiting[0]!;
    for await (const { position, record } of journal.read(first.position)) {
      const item = backlog.waiting[items.length];
      if (!item) break;
      if (item.position !== position) continue;
      const parsed = Record.parse(record);
      if (parsed.is !== 'commit') continue;
      bytes += record.length;
      const full = bytes > PUT_BYTES || put.segments.length + item.segments.length > PUT_SEGMENTS;
      if (items.length > 0 && full) break;
      items.push(item);
      if (!refused.has(item.account)) append(put, parsed.commit);
    }
    return { items, put };
  }

  function done(items: Backlog.Item[], parked: Set<string>): void {
    for (const item of items)
      if (parked.has(item.account)) Backlog.park(backlog, item);
      else Backlog.put(backlog, item);
    const gone = new Set(items);
    backlog.waiting = backlog.waiting.filter((item) => !gone.has(item));
    backlog.cursor = items.at(-1)!.position + 1;
  }

  async function putWaiting(): Promise<void> {
    while (backlog.waiting.length > 0 && !closing) {
      const { items, put } = await nextRun();
      const parked = new Set(items.map((i) => i.account).filter((account) => refused.has(account)));
      try {
        if (put.segments.length > 0 || put.epochs.length > 0) await hub.put(put);
      } catch (error) {
        if (!(error instanceof HubRefusedError)) throw error;
        // All or nothing: so one by one, to learn whom it refuses.
        for (const account of new Set(items.map((i) => i.account))) {
          if (!parked.has(account) && !(await putAlone(items.filter((i) => i.account === account))))
            parked.add(account);
        }
      }
      done(items, parked);
    }
  }

  /** Puts items of one account. False where the hub refuses. */
  async function putAlone(items: Backlog.Item[]): Promise<boolean> {
    const account = items[0]!.account;
    try {
      for (const item of items) {
        const put = nothing();
        append(put, await readOne(item.position));
        await hub.put(put);
      }
      refused.clear(account);
      return true;
    } catch (error) {
      if (!(error instanceof HubRefusedError)) throw error;
      refused.note(account, error);
      return false;
    }
  }

  async function retryParked(): Promise<void> {
    for (const account of refused.due()) {
      if (closing) return;
      if (elsewhere.has(account)) {
        refused.clear(account);
        continue;
      }
      const items = backlog.parked.get(account) ?? [];
      // Nothing parked: it was a head that was refused, and the next one shows.
      if (items.length === 0) refused.clear(account);
      else if (await putAlone(items)) {
        // It named another hub meanwhile, which has nothing of it yet.
        if (elsewhere.has(account)) continue;
        backlog.parked.delete(account);
        for (const item of items) Backlog.put(backlog, item);
        const state = stateOf(account);
        if (state) for (const stream of state.streams.keys()) heads.touch(state, stream);
      }
    }
  }

  async function mark(): Promise<void> {
    const next = Backlog.markOf(backlog);
    const said = JSON.stringify(next);
    if (said === marked) return;
    await journal.append(Record.encodeMark(next));
    marked = said;
    markedAt = now();
  }

  async function round(): Promise<void> {
    // Only here, where no run of the backlog is under way.
    elsewhere.adopt();
    await putWaiting();
    await retryParked();
    await heads.put();
    events.recovered('hub');
    if (now() - markedAt >= MARK_MS) await mark().catch((error) => events.notDurable(error));
  }

  async function run(): Promise<void> {
    while (!closing) {
      try {
        await round();
        delay = 0;
      } catch (error) {
        events.troubled('hub', error);
        delay = Math.min(Math.max(delay * 2, RETRY_MS), RETRY_MAX_MS);
      }
      answer();
      if (closing) return;
      await nap(delay || (isIdle() ? IDLE_MS : PUT_PAUSE_MS), delay === 0);
    }
  }

  function answer(): void {
    const asking = waiters;
    waiters = [];
    for (const waiter of asking) waiter();
  }

  const isIdle = (): boolean => backlog.waiting.length === 0 && !heads.isDue();

  /** Sleeps; where `light`, something new to put ends it early. */
  async function nap(ms: number, light: boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done) => {
      timer = setTimeout(done, ms);
      stop = done;
      wake = light && ms === IDLE_MS ? done : () => {};
    });
    clearTimeout(timer);
    wake = () => {};
  }
  let stop: () => void = () => {};

  const running = run();
  return {
    noticed(commit, position) {
      const account = toHex(commit.account);
      if (elsewhere.has(account)) return elsewhere.noticed(commit, position, account);
      Backlog.add(backlog, commit, position);
      wake();
    },
    touch(state, stream) {
      if (elsewhere.has(state.hex)) return elsewhere.touch(state, stream);
      heads.touch(state, stream);
      wake();
    },
    moved(account) {
      elsewhere.moved(account);
      heads.forget(account.hex);
    },
    stirred: answer,
    async flushed(account, until) {
      const has = () =>
        elsewhere.has(account)
          ? elsewhere.isFlushed(account)
          : !heads.isDue(account) &&
            !backlog.parked.has(account) &&
            !backlog.waiting.some((item) => item.account === account);
      while (!has()) {
        if (closing || now() >= until) return false;
        await new Promise<void>((done) => {
          const timer = setTimeout(done, Math.max(0, until - now()));
          waiters.push(() => {
            clearTimeout(timer);
            done();
          });
        });
      }
      return true;
    },
    async close() {
      closing = true;
      stop();
      await running;
      await elsewhere.close();
      answer();
      await mark().catch(() => {});
    },
  };
}

/** Without anything to put, parked accounts and due heads are looked at so often. */
const IDLE_MS = 500;
