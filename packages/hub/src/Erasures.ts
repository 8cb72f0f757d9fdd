// Copyright the Islet authors. AGPL-3.0-or-later.
import type * as View from '@islet/chain/View';
import { decode, encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import { covers } from '@islet/core/Erasure';
import type { Stream } from '@islet/core/Stream';
import { type Order, parseOrder } from '@islet/core/wire/Erasing';
import { Journal } from '@islet/store/Journal';
import { Refusal } from './Refusal.js';

/**
 * What people had erased, in a journal of its own: the tombstones outlive the index and whatever else is made anew. They
 * hold the signed order and its scope, and nothing of what was there.
 */
export type Erasures = {
  /** Durable once resolved. Known before the chain hears of it, or custodians could not be told in words what it is of. */
  keep(order: Order): Promise<void>;
  keepReceipt(order: Order, receipt: Uint8Array): Promise<void>;
  get(erasureId: string): Known | undefined;
  /** Those that our view of the chain has recorded as they were signed. */
  recorded(): Known[];
  /** Whether a recorded erasure takes a stream day (null: late data). */
  isErased(account: Uint8Array, stream: Stream, day: Day | null): boolean;
  close(): Promise<void>;
};

export type Known = { order: Order; receipt: Uint8Array | null };

const name = 'islet/hub-erasure';

/** Throws what `Journal.open` throws. */
export async function open(folder: string, view: () => View.View): Promise<Erasures> {
  const journal = await Journal.open(folder);
  const known = new Map<string, Known>();
  const idOf = ({ signed }: Order): string => toHex(signed.message.erasureId);

  function learn(kind: string, bytes: Uint8Array, id: string): void {
    const before = known.get(id);
    if (kind === 'done' && before) before.receipt = bytes;
    const order = kind === 'order' && !before ? parseOrder(bytes) : undefined;
    if (order) known.set(id, { order, receipt: null });
  }
  async function append(kind: string, bytes: Uint8Array, id: string): Promise<void> {
    await journal.append(encode(name, 1, [kind, id, bytes]));
    learn(kind, bytes, id);
  }
  for await (const { record } of journal.read()) {
    const f = decode(name, 1, record);
    const kind = f.text(16);
    const id = f.text(64);
    learn(kind, f.bytes(), id);
  }

  const isRecorded = ({ order }: Known): boolean =>
    view().erasures.get(idOf(order))?.scopeHash === toHex(order.signed.message.scopeHash);
  return {
    async keep(order) {
      if (!known.has(idOf(order))) await append('order', order.handover, idOf(order));
    },
    keepReceipt: (order, receipt) => append('done', receipt, idOf(order)),
    get: (id) => known.get(id),
    recorded: () => [...known.values()].filter(isRecorded),
    isErased(account, stream, day) {
      const id = toHex(account);
      for (const one of known.values()) {
        const { message } = one.order.signed;
        // Late data sealed since is of a new late key, and is nobody's to refuse.
        if (day === null && one.receipt !== null && one.order.extent.streams.length > 0) continue;
        if (toHex(message.account) === id && covers(one.order.extent, stream, day) && isRecorded(one))
          return true;
      }
      return false;
    },
    close: () => journal.close(),
  };
}

/** The answer to whoever asks for, or brings, what was erased. */
export const erased = (): Refusal =>
  new Refusal(
    410,
    'HUB_ERASED',
    'The patient erased this. It is not kept here any more and is not taken again.',
  );
