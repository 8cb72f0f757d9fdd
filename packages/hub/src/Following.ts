// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { type Order, parseDone } from '@islet/core/wire/Erasing';
import * as Erasing from './Erasing.js';
import type { Erasures, Known } from './Erasures.js';
import type { Events } from './events.js';
import { CUSTODIAN_ANSWER_BYTES, CUSTODIAN_MS, ERASE_RETRY_MAX_MS, ERASE_RETRY_MS } from './limits.js';
import { type Options as RelayOptions, relay } from './Relaying.js';

/**
 * Sees erasures through: carries out our own part once the chain has recorded one, and hands it to every custodian that
 * has not confirmed yet, so that one that was down, or came back from a backup, follows without anybody asking.
 */
export type Following = {
  /** The chain may have recorded something. */
  wake(): void;
  close(): Promise<void>;
};

export type Options = Erasing.Options &
  RelayOptions & {
    erasures: Erasures;
    /** In the order of their indices, from 1; none where others hand erasures on. */
    custodianUrls: readonly string[];
    fetch: typeof fetch;
    events: Events;
  };

export function open(options: Options): Following {
  const { erasures, follower, custodianUrls, now, events } = options;
  const waits = new Map<string, { until: number; ms: number }>();
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function step(): Promise<void> {
    for (const known of erasures.recorded()) {
      if (closed) return;
      if (known.receipt === null) await drop(known);
      await Promise.all(custodianUrls.map((url, i) => hand(known.order, url, i + 1)));
    }
  }

  async function drop({ order }: Known): Promise<void> {
    try {
      await erasures.keepReceipt(order, await Erasing.carryOut(options, order));
      events.erased();
    } catch (error) {
      events.erasingFailed(error);
    }
  }

  async function hand(order: Order, url: string, custodian: number): Promise<void> {
    const id = toHex(order.signed.message.erasureId);
    const on = follower.state.erasures.get(id);
    if (!on || on.confirmations.has(custodian) || !follower.state.custodians.has(custodian)) return;
    const name = `${id}/${custodian}`;
    const wait = waits.get(name);
    if (wait && wait.until > now()) return;
    const ms = Math.min(wait ? wait.ms * 2 : ERASE_RETRY_MS, ERASE_RETRY_MAX_MS);
    waits.set(name, { until: now() + ms, ms });
    try {
      const confirm = await ask(url, order.handover);
      if (confirm) await relay(options, { kind: 'Confirm', signed: confirm, grant: null, keys: null });
    } catch {
      // It is down, or somebody else brought its word to the chain first: our view will say.
    }
  }

  async function ask(url: string, handover: Uint8Array): Promise<Uint8Array | null> {
    const response = await options.fetch(`${url}/v1/erase`, {
      method: 'POST',
      headers: { 'content-type': 'application/cbor' },
      body: Buffer.from(handover),
      signal: AbortSignal.timeout(CUSTODIAN_MS),
      redirect: 'error',
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok || bytes.length > CUSTODIAN_ANSWER_BYTES) return null;
    return parseDone(bytes).confirm;
  }

  function wake(): void {
    if (closed) return;
    again = true;
    running ??= (async () => {
      while (again && !closed) {
        again = false;
        await step().catch((error) => events.erasingFailed(error));
      }
      running = undefined;
    })();
  }
  return {
    wake,
    async close() {
      closed = true;
      await running;
    },
  };
}
