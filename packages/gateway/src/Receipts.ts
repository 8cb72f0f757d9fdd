// Copyright the Islet authors. AGPL-3.0-or-later.
import * as View from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Receipt from '@islet/core/Receipt';
import type { Backlog } from './Backlog.js';
import type { Events } from './events.js';
import type { Hub } from './Hub.js';
import { RECEIPTS_ASKED, RECEIPTS_MS } from './limits.js';

/** Asks the hub for receipts until all that was put is anchored, and checks each against our own view of the chain. */
export type Receipts = { close(): Promise<void> };

export type Asking = {
  backlog: Backlog;
  hub: Hub;
  view: () => View.View;
  /** Whose segments this hub is asked about. */
  isAsked: (account: string) => boolean;
};
export type Options = Asking & { events: Events };

/** Asks about the oldest ones; they are anchored in order. False where there is none to ask about. */
export async function askReceipts({ backlog, hub, view, isAsked }: Asking): Promise<boolean> {
  const asked: string[] = [];
  for (const [hash, { account }] of backlog.unanchored) {
    if (isAsked(account)) asked.push(hash);
    if (asked.length === RECEIPTS_ASKED) break;
  }
  if (asked.length === 0) return false;
  const found = await hub.receipts(asked.map(fromHex));
  for (const [hash, bytes] of found) {
    const segment = backlog.unanchored.get(hash);
    if (segment && isAnchored(view(), bytes, segment.leaf)) backlog.unanchored.delete(hash);
  }
  return true;
}

export function receipts(options: Options): Receipts {
  const { events } = options;
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function ask(): Promise<void> {
    if (await askReceipts(options)) events.recovered('receipts');
  }

  const again = (): void => {
    timer = setTimeout(() => {
      running = ask()
        .catch((error) => events.troubled('receipts', error))
        .finally(() => {
          if (!closing) again();
        });
    }, RECEIPTS_MS);
  };
  again();

  return {
    async close() {
      closing = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** Whether the receipt leads from this leaf to a root that the hub anchored. Stops: a hub that only says so. */
export function isAnchored(view: View.View, bytes: Uint8Array, leaf: Uint8Array): boolean {
  const receipt = Receipt.parseReceipt(bytes);
  const root = Receipt.rootOfLeaf(receipt, leaf);
  return root !== undefined && View.rootOf(view, receipt.hub, receipt.number) === toHex(root);
}
