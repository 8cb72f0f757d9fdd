// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Stream } from '@islet/core/Stream';
import type { Backlog } from './Backlog.js';
import type { Heads, Stated } from './Heads.js';
import { type Hub, HubRefusedError } from './Hub.js';
import { HEAD_MS, PUT_BYTES, PUT_HEADS } from './limits.js';
import type { Refused } from './Refused.js';
import type { AccountState } from './State.js';

/** Tells the hub the heads that are due: of streams with something new, and of all with keys every few minutes. */
export type HeadPuts = {
  touch(state: AccountState, stream: Stream): void;
  /** Whether heads are due, of one account or of any. */
  isDue(account?: string): boolean;
  /** Another speaks for the account from now on. */
  forget(account: string): void;
  /** Puts what is due. Throws what the hub throws when it is away; then all of it stays due. */
  put(): Promise<void>;
};

export type Options = {
  backlog: Pick<Backlog, 'waiting'>;
  hub: Hub;
  heads: Heads;
  refused: Refused;
  /** Streams with keys. */
  keyed: () => Iterable<{ state: AccountState; streams: Iterable<Stream> }>;
  now: () => number;
};

type Due = { state: AccountState; stream: Stream /** Grows when there is more to say. */; since: number };

export function headPuts({ backlog, hub, heads, refused, keyed, now }: Options): HeadPuts {
  const touched = new Map<string, Map<Stream, Due>>();
  let touches = 0;
  let lastRound = 0;

  function touch(state: AccountState, stream: Stream): void {
    const mine = touched.get(state.hex) ?? new Map<Stream, Due>();
    touched.set(state.hex, mine.set(stream, { state, stream, since: ++touches }));
  }

  /** As many at once as one put takes. */
  async function speak(all: Due[]): Promise<void> {
    let run: Due[] = [];
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
      await putRun(run, stated);
      [run, stated, bytes] = [[], [], 0];
    }
    if (run.length > 0) await putRun(run, stated);
  }

  async function putRun(run: Due[], stated: Stated[]): Promise<void> {
    try {
      await hub.put({ epochs: [], shares: [], segments: [], heads: stated });
    } catch (error) {
      for (const { state, stream } of run) heads.restart(state, stream);
      if (!(error instanceof HubRefusedError)) throw error;
      const accounts = new Set(run.map(({ state }) => state.hex));
      if (accounts.size === 1) return refused.note([...accounts][0]!, error);
      // All or nothing: so account by account, to learn whom it refuses.
      for (const account of accounts) await speak(run.filter(({ state }) => state.hex === account));
      return;
    }
    for (const { state, stream, since } of run) {
      const mine = touched.get(state.hex);
      if (mine?.get(stream)?.since === since) mine.delete(stream);
      if (mine?.size === 0) touched.delete(state.hex);
    }
  }

  return {
    touch,
    forget: (account) => void touched.delete(account),
    isDue: (account) => (account === undefined ? touched.size > 0 : touched.has(account)),
    async put() {
      if (now() - lastRound >= HEAD_MS) {
        lastRound = now();
        for (const { state, streams } of keyed()) for (const stream of streams) touch(state, stream);
      }
      const due = [...touched].filter(([account]) => !refused.has(account));
      await speak(due.flatMap(([, streams]) => [...streams.values()]));
    },
  };
}
