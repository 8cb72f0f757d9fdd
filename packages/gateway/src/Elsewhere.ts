// Copyright the Islet authors. AGPL-3.0-or-later.
import type * as View from '@islet/chain/View';
import type { Stream } from '@islet/core/Stream';
import type { Put } from '@islet/core/wire/Put';
import type { Journal } from '@islet/store/Journal';
import type { Account } from './Accounts.js';
import * as Backlog from './Backlog.js';
import type { Events } from './events.js';
import { type HeadPuts, headPuts } from './HeadPuts.js';
import type { Heads } from './Heads.js';
import type { Hub } from './Hub.js';
import { PUT_BYTES, PUT_PAUSE_MS, PUT_SEGMENTS, RECEIPTS_MS, RETRY_MAX_MS, RETRY_MS } from './limits.js';
import { askReceipts } from './Receipts.js';
import * as Record from './Record.js';
import type { Refused } from './Refused.js';
import type { AccountState } from './State.js';

/**
 * Pushes what is of accounts that named a hub of their own. Each at its own pace: one whose hub is slow, away or hostile
 * holds up nobody else. A hub that is new to an account is given all that the journal holds of it, from its beginning, so
 * that nothing rests on what the one before has, or says that it has.
 */
export type Elsewhere = {
  has(account: string): boolean;
  /** The hub that an account named. */
  hubOf(account: string): Hub | undefined;
  /** The account named a hub: from now on all of it goes there. */
  moved(account: Account): void;
  /** What waits for our own hub and is of such an account is taken out of there. */
  adopt(): void;
  noticed(commit: Record.Commit, position: number, account: string): void;
  touch(state: AccountState, stream: Stream): void;
  isFlushed(account: string): boolean;
  close(): Promise<void>;
};

export type Options = {
  journal: Pick<Journal, 'read'>;
  backlog: Backlog.Backlog;
  heads: Heads;
  connect: (url: string) => Hub;
  /** Streams of an account that have keys. */
  stateOf: (account: Account) => AccountState;
  isAuthorised: (account: Uint8Array) => boolean;
  /** Remembers that the hub has all that there was when it was named. */
  arrived: (account: Account) => Promise<void>;
  view: () => View.View;
  /** Something changed for whoever waits. */
  stirred: () => void;
  now: () => number;
  events: Events;
};

type Pump = {
  account: Account;
  url: string;
  heads: HeadPuts;
  hub: Hub;
  /** Its hub is to be given everything, before anything that came since. */
  isNew: boolean;
  ended: boolean;
  wake: () => void;
  running: Promise<void>;
};

export function elsewhere(options: Options): Elsewhere {
  const { journal, backlog, connect, stateOf, arrived, view, stirred, now, events } = options;
  const pumps = new Map<string, Pump>();

  const mine = (hex: string): Backlog.Item[] => backlog.parked.get(hex) ?? [];
  function park(items: Backlog.Item[], hex: string): void {
    const all = new Map([...mine(hex), ...items].map((item) => [item.position, item]));
    backlog.parked.set(
      hex,
      [...all.values()].sort((a, b) => a.position - b.position),
    );
  }

  /** All that the journal holds of an account, to be put from the beginning. */
  async function beginAnew({ account: { hex } }: Pump): Promise<void> {
    const items: Backlog.Item[] = [];
    for await (const { position, record } of journal.read()) {
      const parsed = Record.parse(record);
      if (parsed.is !== 'commit') continue;
      const item = Backlog.itemOf(parsed.commit, position);
      if (item.account === hex) items.push(item);
    }
    for (const [hash, { account }] of backlog.unanchored)
      if (account === hex) backlog.unanchored.delete(hash);
    if (items.length > 0) park(items, hex);
  }

  /** Lets the next heads bring all nodes of their calendars: this hub has none. */
  function stateAnew(pump: Pump): void {
    const state = stateOf(pump.account);
    for (const stream of new Set([...state.streams.keys(), ...pump.account.offsets.keys()])) {
      options.heads.restart(state, stream);
      pump.heads.touch(state, stream);
    }
  }

  async function putAll(pump: Pump): Promise<void> {
    const { hex } = pump.account;
    while (mine(hex).length > 0 && !pump.ended) {
      const { items, put } = await nextRun(mine(hex));
      if (put.segments.length + put.epochs.length > 0) await pump.hub.put(put);
      if (pump.ended) return;
      const gone = new Set(items);
      for (const item of items) Backlog.put(backlog, item);
      const rest = mine(hex).filter((item) => !gone.has(item));
      if (rest.length > 0) backlog.parked.set(hex, rest);
      else backlog.parked.delete(hex);
    }
  }

  async function nextRun(waiting: Backlog.Item[]): Promise<{ items: Backlog.Item[]; put: Put }> {
    const put: Put = { epochs: [], shares: [], segments: [], heads: [] };
    const items: Backlog.Item[] = [];
    let bytes = 0;
    for (const item of waiting) {
      const isFull = bytes >= PUT_BYTES || put.segments.length + item.segments.length > PUT_SEGMENTS;
      if (items.length > 0 && isFull) break;
      for await (const { record } of journal.read(item.position)) {
        const parsed = Record.parse(record);
        bytes += record.length;
        if (parsed.is === 'commit') append(put, parsed.commit);
        break;
      }
      items.push(item);
    }
    return { items, put };
  }

  async function round(pump: Pump): Promise<void> {
    const { account, hub } = pump;
    if (!options.isAuthorised(account.id)) return;
    if (pump.isNew) {
      await beginAnew(pump);
      stateAnew(pump);
      pump.isNew = false;
    }
    await putAll(pump);
    await pump.heads.put();
    if (account.hubs && !account.hubs.isPut && !pump.ended && isFlushed(account.hex)) await arrived(account);
    await askReceipts({ backlog, hub, view, isAsked: (one) => one === account.hex });
    events.recovered('another hub');
  }

  async function run(pump: Pump): Promise<void> {
    let delay = 0;
    while (!pump.ended) {
      try {
        await round(pump);
        delay = 0;
      } catch (error) {
        events.troubled('another hub', error);
        // Of the heads that were not taken, the next say all.
        stateAnew(pump);
        delay = Math.min(Math.max(delay * 2, RETRY_MS), RETRY_MAX_MS);
      }
      stirred();
      if (pump.ended) return;
      const isBusy = mine(pump.account.hex).length > 0 || pump.heads.isDue();
      await nap(pump, delay || (isBusy ? PUT_PAUSE_MS : RECEIPTS_MS), delay === 0);
    }
  }

  async function nap(pump: Pump, ms: number, light: boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done) => {
      timer = setTimeout(done, ms);
      pump.wake = () => {
        if (light || pump.ended) done();
      };
    });
    clearTimeout(timer);
    pump.wake = () => {};
  }

  function start(account: Account, url: string): Pump {
    const hub = connect(url);
    const refused: Refused = {
      has: () => false,
      note(_, refusal) {
        throw refusal;
      },
      clear: () => {},
      due: () => [],
    };
    const pump: Pump = {
      ...{ account, url, hub, isNew: !account.hubs!.isPut, ended: false },
      wake: () => {},
      running: Promise.resolve(),
      heads: headPuts({
        // Heads speak of nothing that this hub lacks, whatever waits for others.
        backlog: {
          get waiting() {
            return mine(account.hex);
          },
        },
        ...{ hub, heads: options.heads, refused, now },
        *keyed() {
          if (options.isAuthorised(account.id))
            yield { state: stateOf(account), streams: account.offsets.keys() };
        },
      }),
    };
    pump.running = run(pump);
    return pump;
  }

  function isFlushed(hex: string): boolean {
    const pump = pumps.get(hex);
    const waits = backlog.waiting.some((item) => item.account === hex);
    return pump !== undefined && !pump.isNew && !waits && mine(hex).length === 0 && !pump.heads.isDue();
  }

  function adopt(): void {
    if (pumps.size === 0) return;
    const taken = backlog.waiting.filter(({ account }) => pumps.has(account));
    if (taken.length === 0) return;
    backlog.waiting = backlog.waiting.filter(({ account }) => !pumps.has(account));
    for (const item of taken) park([item], item.account);
  }

  return {
    has: (account) => pumps.has(account),
    hubOf: (account) => pumps.get(account)?.hub,
    moved(account) {
      const before = pumps.get(account.hex);
      const url = account.hubs!.url;
      if (before?.url === url) return;
      const next = start(account, url);
      pumps.set(account.hex, next);
      if (before) {
        before.ended = true;
        before.wake();
      }
    },
    adopt,
    noticed(commit, position, hex) {
      park([Backlog.itemOf(commit, position)], hex);
      pumps.get(hex)?.wake();
    },
    touch(state, stream) {
      const pump = pumps.get(state.hex);
      pump?.heads.touch(state, stream);
      pump?.wake();
    },
    isFlushed,
    async close() {
      for (const pump of pumps.values()) {
        pump.ended = true;
        pump.wake();
      }
      await Promise.all([...pumps.values()].map((pump) => pump.running));
    },
  };
}

function append(into: Put, commit: Record.Commit): void {
  into.epochs.push(...commit.epochs);
  into.shares.push(...commit.shares);
  into.segments.push(...commit.segments);
}
