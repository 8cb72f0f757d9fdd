// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Stream } from '@islet/core/Stream';
import type { Put } from '@islet/core/wire/Put';
import type { Journal } from '@islet/store/Journal';
import * as Backlog from './Backlog.js';
import type { Events } from './events.js';
import type { Heads, Stated } from './Heads.js';
import { type Hub, HubRefusedError } from './Hub.js';
import {
  HEAD_MS,
  MARK_MS,
  PUT_BYTES,
  PUT_HEADS,
  PUT_PAUSE_MS,
  PUT_SEGMENTS,
  RETRY_MAX_MS,
  RETRY_MS,
} from './limits.js';
import * as Record from './Record.js';
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
  /** Resolves once the hub has all there is of an account now, heads included, or false at `until`. */
  flushed(account: string, until: number): Promise<boolean>;
  close(): Promise<void>;
};

export type Options = {
  journal: Pick<Journal, 'append' | 'read'>;
  backlog: Backlog.Backlog;
  hub: Hub;
  heads: Heads;
  /** Streams with keys, whose heads are stated every few minutes. */
  keyed: () => Iterable<{ state: AccountState; streams: Iterable<Stream> }>;
  stateOf: (account: string) => AccountState | undefined;
  now: () => number;
  events: Events;
};

/** Streams whose head is due, with a number that grows when there is more to say. */
type Touched = { state: AccountState; streams: Map<Stream, number> };
type Speaking = { state: AccountState; stream: Stream; since: number };

export function puts(options: Options): Puts {
  const { journal, backlog, hub, heads, keyed, stateOf, now, events } = options;
  const touched = new Map<string, Touched>();
  /** Accounts the hub refuses, and when they are tried again. */
  const refused = new Map<string, { at: number; delay: number }>(
    [...backlog.parked.keys()].map((account) => [account, { at: 0, delay: RETRY_MS }]),
  );
  let touches = 0;
  let wake: () => void = () => {};
  let closing = false;
  let delay = 0;
  let headsAt = 0;
  let markedAt = 0;
  let marked = '';
  let waiters: (() => void)[] = [];

  function touch(state: AccountState, stream: Stream): void {
    const found = touched.get(state.hex) ?? { state, streams: new Map<Stream, number>() };
    touched.set(state.hex, found);
    found.streams.set(stream, ++touches);
    wake();
  }

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
    backlog.waiting.splice(0, items.length);
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
      refused.delete(account);
      return true;
    } catch (error) {
      if (!(error instanceof HubRefusedError)) throw error;
      refuse(account, error);
      return false;
    }
  }

  function refuse(account: string, { status }: HubRefusedError): void {
    const before = refused.get(account)?.delay ?? RETRY_MS;
    if (!refused.has(account)) events.putRefused(status);
    const next = Math.min(before * 2, RETRY_MAX_MS);
    refused.set(account, { at: now() + next, delay: next });
  }

  async function retryParked(): Promise<void> {
    for (const [account, { at }] of refused) {
      if (now() < at || closing) continue;
      const items = backlog.parked.get(account) ?? [];
      // Nothing parked: it was a head that was refused, and the next one shows.
      if (items.length === 0) refused.delete(account);
      else if (await putAlone(items)) {
        backlog.parked.delete(account);
        for (const item of items) Backlog.put(backlog, item);
        const state = stateOf(account);
        if (state) for (const stream of state.streams.keys()) touch(state, stream);
      }
    }
  }

  async function putHeads(): Promise<void> {
    if (now() - headsAt >= HEAD_MS) {
      headsAt = now();
      for (const { state, streams } of keyed()) for (const stream of streams) touch(state, stream);
    }
    const speaking: Speaking[] = [];
    for (const [account, { state, streams }] of touched)
      if (!refused.has(account))
        for (const [stream, since] of streams) speaking.push({ state, stream, since });
    await speak(speaking);
  }

  /** Puts heads, as many at once as one put takes. */
  async function speak(all: Speaking[]): Promise<void> {
    let run: Speaking[] = [];
    let stated: Stated[] = [];
    let bytes = 0;
    for (const one of all) {
      // Whatever a head speaks of must have been put before; what comes from here on is for the next.
      if (backlog.waiting.length > 0) break;
      const head = await heads.state(one.state, one.stream);
      run.push(one);
      stated.push(head);
      bytes += head.nodes.reduce((sum, node) => sum + node.length, head.head.length);
      if (run.length < PUT_HEADS && bytes < PUT_BYTES) continue;
      await putSome(run, stated);
      run = [];
      stated = [];
      bytes = 0;
    }
    if (run.length > 0) await putSome(run, stated);
  }

  async function putSome(run: Speaking[], stated: Stated[]): Promise<void> {
    try {
      await hub.put({ ...nothing(), heads: stated });
    } catch (error) {
      for (const { state, stream } of run) heads.restart(state, stream);
      if (!(error instanceof HubRefusedError)) throw error;
      const accounts = new Set(run.map(({ state }) => state.hex));
      if (accounts.size === 1) return refuse([...accounts][0]!, error);
      // All or nothing: so account by account, to learn whom it refuses.
      for (const account of accounts) await speak(run.filter(({ state }) => state.hex === account));
      return;
    }
    for (const { state, stream, since } of run) {
      const mine = touched.get(state.hex);
      if (mine?.streams.get(stream) === since) mine.streams.delete(stream);
      if (mine?.streams.size === 0) touched.delete(state.hex);
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
    await putWaiting();
    await retryParked();
    await putHeads();
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

  const isIdle = (): boolean => backlog.waiting.length === 0 && touched.size === 0;

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
      Backlog.add(backlog, commit, position);
      wake();
    },
    touch,
    async flushed(account, until) {
      const has = () =>
        !touched.has(account) &&
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
      answer();
      await mark().catch(() => {});
    },
  };
}

/** Without anything to put, parked accounts and due heads are looked at so often. */
const IDLE_MS = 500;
