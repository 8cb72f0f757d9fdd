// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import { verifiersOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { isEverything } from '@islet/core/Erasure';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import * as Message from '@islet/core/Message';
import { type Order, parseOrder } from '@islet/core/wire/Erasing';
import type { Journal } from '@islet/store/Journal';
import type { Account, Accounts } from './Accounts.js';
import * as Backlog from './Backlog.js';
import type { ChainView } from './ChainView.js';
import type { CustodianKeys } from './CustodianKeys.js';
import type { DeviceKeys } from './DeviceKeys.js';
import type { Epochs } from './Epochs.js';
import * as Erasures from './Erasures.js';
import type { Events } from './events.js';
import type { Keys } from './Keys.js';
import { type Lane, lane } from './Lane.js';
import type { Looks } from './Looks.js';
import { ERASE_TICK_MS } from './limits.js';
import type { Puts } from './Puts.js';
import { accountFrom } from './Rebuild.js';
import * as Record from './Record.js';
import { redact } from './Redact.js';
import { notASigner } from './Refusal.js';
import * as State from './State.js';

/** Carries out what people had erased: their part of the window, the journal, and what tells duplicates. */
export type Erasing = {
  /** Carries out an order now, where its patient signed it and the chain has it. The receipt, or null: not yet. */
  handed(handover: Uint8Array): Promise<Uint8Array | null>;
  /** The same for an order from whomever: one that its patient did not sign is refused with `GATEWAY_NOT_A_SIGNER`. */
  heard(handover: Uint8Array): Promise<Uint8Array | null>;
  close(): Promise<void>;
};

export type Options = {
  journal: Pick<Journal, 'append' | 'read' | 'rewrite'>;
  keys: Keys;
  accounts: Accounts;
  states: Map<string, State.AccountState>;
  backlog: Backlog.Backlog;
  chain: ChainView;
  custodians: CustodianKeys;
  epochs: Epochs;
  deviceKeys: DeviceKeys;
  looks: Looks;
  puts: Puts;
  /** The order of an erasure of an account, as a hub keeps it. */
  erasure: (account: string, id: string) => Promise<Uint8Array | undefined>;
  deployment: Deployment;
  now: () => number;
  events: Events;
};

export function erasing(options: Options): Erasing {
  const { accounts, states, chain, custodians, epochs, events } = options;
  // The journal is rewritten for one at a time.
  const alone: Lane = lane();
  const confirmed = new Map<string, number>();
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function handed(handover: Uint8Array): Promise<Uint8Array | null> {
    const order = parseOrder(handover);
    return order && isSigned(options, order) ? onceRecorded(order) : null;
  }

  async function onceRecorded(order: Order): Promise<Uint8Array | null> {
    const id = toHex(order.signed.message.erasureId);
    if (!chain.view.erasures.has(id)) await chain.refresh();
    const recorded = chain.view.erasures.get(id);
    if (recorded?.scopeHash !== toHex(order.signed.message.scopeHash)) return null;
    return alone(() => carryOut(options, order));
  }

  /** Asks for what the chain has recorded of people we keep something of, whether or not anybody tells us. */
  async function tick(): Promise<void> {
    for (const [id, erasure] of chain.view.erasures) {
      if (closing) return;
      const state = states.get(erasure.account);
      const account = accounts.all.get(erasure.account);
      if (!state && !account) continue;
      if (account && confirmed.get(id) !== erasure.confirmations.size) {
        // A custodian has other keys from here on: of the late data, and none of the days that are gone.
        confirmed.set(id, erasure.confirmations.size);
        epochs.forget(account);
        await custodians.forget(account);
      }
      const known = state?.erasures.find(({ order }) => toHex(order.signed.message.erasureId) === id);
      if (known?.receipt) continue;
      const handover = known?.order.handover ?? (await options.erasure(erasure.account, id));
      if (handover) await handed(handover);
    }
  }

  const again = (): void => {
    timer = setTimeout(() => {
      running = tick()
        .catch((error) => events.failed('erasing', error))
        .finally(() => {
          if (!closing) again();
        });
    }, ERASE_TICK_MS);
  };
  again();

  return {
    handed,
    async heard(handover) {
      const order = parseOrder(handover);
      if (!order || !isSigned(options, order)) throw notASigner();
      return onceRecorded(order);
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function isSigned({ chain, deployment }: Options, { signed }: Order): boolean {
  const { message, signer } = signed;
  const here =
    message.chain === BigInt(deployment.chainId) && equal(message.target, fromHex(deployment.erasure));
  // A custodian asks for more; to this one's own view, whoever speaks for the account now or signed then is the same.
  return (
    here &&
    View.speaksFor(chain.view, message.account, signer) &&
    Message.verify(Message.erase, signed, verifiersOf(deployment))
  );
}

async function carryOut(options: Options, order: Order): Promise<Uint8Array> {
  const { journal, keys, accounts, states, backlog, custodians, epochs, puts } = options;
  const { message } = order.signed;
  const hex = toHex(message.account);
  const state = states.get(hex) ?? State.empty(message.account);
  states.set(hex, state);
  const before = state.erasures.find((one) => equal(one.order.signed.message.erasureId, message.erasureId));
  if (before?.receipt) return before.receipt;
  const account = accounts.all.get(hex);
  const inLane: Lane = account?.lane ?? lane();
  // From here on nothing of those days is taken. Where the chains stood is said before the segments go.
  if (!before)
    await inLane(async () => {
      const begun = Erasures.begunOf(state, order);
      await journal.append(Record.encodeErasing(begun));
      State.beginErasure(state, begun);
    });
  await keys.turn();
  // Whoever closed something under the old keys has it in the journal after this.
  await Promise.all([...accounts.all.values()].map((one) => one.lane(async () => {})));
  const counts = { segments: 0, epochs: 0, readings: 0 };
  await journal.rewrite((record) => redact(record, order, keys, counts));
  await inLane(async () => {
    Object.assign(state, await accountFrom(journal, keys, message.account));
    await shorten(backlog, journal, hex);
  });
  await keys.forgetOlder();
  let bundles = 0;
  if (account) {
    epochs.forget(account);
    if (isEverything(order.extent)) bundles = await endAccount(options, account);
    else await custodians.forget(account);
  }
  for (const stream of state.streams.keys()) puts.touch(state, stream);
  return inLane(() => finish(options, state, order, { ...counts, keys: bundles }));
}

/** Nothing stays of someone who erased everything: their public keys, their devices, who looked. */
async function endAccount({ accounts, deviceKeys, looks }: Options, account: Account): Promise<number> {
  const bundles = account.runs.length;
  Object.assign(account, { runs: [], devices: [], offsets: new Map() });
  deviceKeys.learn(account);
  await accounts.end(account);
  await looks.end(account.hex);
  return bundles;
}

async function finish(
  { journal, keys, now }: Options,
  state: State.AccountState,
  { signed: { message } }: Order,
  counts: Parameters<typeof ErasureReceipt.counted>[0],
): Promise<Uint8Array> {
  const { erasureId, account, scopeHash, firstDay, lastDay } = message;
  const receipt = await ErasureReceipt.sign(
    {
      ...{ role: 'gateway', keeper: keys.signer.publicKey, custodian: 0 },
      ...{ erasureId, account, scopeHash, firstDay, lastDay, at: now() },
      dropped: ErasureReceipt.counted(counts),
    },
    keys.signer,
  );
  const done = { account, erasureId, receipt };
  await journal.append(Record.encodeErased(done));
  State.endErasure(state, done);
  return receipt;
}

/** What waits for the hub waits without what is gone. */
async function shorten(
  backlog: Backlog.Backlog,
  journal: Options['journal'],
  account: string,
): Promise<void> {
  const items = [...backlog.waiting, ...(backlog.parked.get(account) ?? [])].filter(
    (item) => item.account === account,
  );
  for (const item of items)
    for await (const { record } of journal.read(item.position)) {
      const parsed = Record.parse(record);
      if (parsed.is === 'commit') item.segments = Backlog.segmentsOf(parsed.commit);
      break;
    }
}
