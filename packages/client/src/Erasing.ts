// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import * as Proof from '@islet/chain/Proof';
import type { Rpc } from '@islet/chain/Rpc';
import * as Wire from '@islet/chain/Wire';
import { fromHex, to0x, toHex } from '@islet/core/crypto/bytes';
import * as Erasure from '@islet/core/Erasure';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import * as Streams from '@islet/core/Stream';
import { parseSigned } from '@islet/core/signed';
import * as Erasing from '@islet/core/wire/Erasing';
import { encodeRelay } from '@islet/core/wire/Relay';
import * as z from 'zod';
import * as Certificate from './ErasureCertificate.js';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import { ERASE_PATIENCE_MS, LOOK_AGAIN_MS, RECEIPTS_PATIENCE_MS } from './personLimits.js';
import { relay } from './Relaying.js';
import type { Wallet } from './Wallet.js';

/** An erasure under way: kept, so that it can be followed again. */
export type Asked = { erasureId: Uint8Array; handover: Uint8Array };

/** How far it is. `needed` of the `of` custodians must have confirmed on the chain. */
export type Progress = { confirmed: number; needed: number; of: number; complete: boolean };

/** Signs an erasure and has it recorded. From the block on there is no way back. */
export async function request(
  installed: Network,
  wallet: Wallet,
  extent: Erasure.Extent,
  saltOf: (grantId: string) => string | undefined,
): Promise<Asked> {
  await installed.chain.follow();
  const network = await Hubs.at(installed, wallet.account);
  const streams = [...extent.streams].sort();
  const grants = Erasure.isEverything(extent) ? [] : await grantsInside(network, wallet, extent, saltOf);
  const scope: Erasure.Scope = { salt: network.random(32), streams, grants };
  const scopeBytes = Erasure.encodeScope(scope);
  const message: Message.Erase = {
    ...placeOf(network, 'erasure'),
    erasureId: network.random(32),
    account: wallet.account,
    streams: Erasure.codesOf(scope),
    firstDay: extent.firstDay,
    lastDay: extent.lastDay,
    scopeHash: Erasure.hashOf(scopeBytes),
    nonce: nonce(network),
    deadline: deadline(network),
  };
  const { bytes } = await relay(network, wallet, Message.erase, message, { keys: scopeBytes });
  return {
    erasureId: message.erasureId,
    handover: Erasing.encodeHandover({ erase: bytes, scope: scopeBytes }),
  };
}

/** The person's own grants of which nothing would be left to open: their sealed keys go too. */
async function grantsInside(
  network: Network,
  wallet: Wallet,
  extent: Erasure.Extent,
  saltOf: (grantId: string) => string | undefined,
): Promise<Uint8Array[]> {
  const inside: string[] = [];
  for (const [id, { patient }] of network.chain.state.grants) {
    const salt = patient === toHex(wallet.account) ? saltOf(id) : undefined;
    if (salt !== undefined && (await isInside(network, id, fromHex(salt), extent))) inside.push(id);
  }
  return inside.sort().slice(0, Erasure.maxGrants).map(fromHex);
}

async function isInside(
  network: Network,
  id: string,
  salt: Uint8Array,
  { streams, firstDay, lastDay }: Erasure.Extent,
): Promise<boolean> {
  try {
    const told = Http.json(await Hubs.get(network, `/v1/grants/${id}`), network.hub.name);
    const { message } = parseSigned(Message.grant, fromHex(String(told.signed)));
    const codes = new Set(streams.map((s: Stream) => toHex(Streams.code(salt, s))));
    return (
      message.firstDay >= firstDay &&
      message.lastDay <= lastDay &&
      message.streams.every((code) => codes.has(toHex(code)))
    );
  } catch (error) {
    if (!(error instanceof IsletError)) throw error;
    return false;
  }
}

/** Every hub that has something of the person must drop it: the one that did not relay the order is brought it. */
async function hubToldDone(
  network: Network,
  hub: Http.Service,
  asked: Asked,
): Promise<Uint8Array | undefined> {
  const { erase, scope } = Erasing.parseHandover(asked.handover);
  await Http.put(hub, '/v1/papers', encodeRelay({ kind: 'Erase', signed: erase, grant: null, keys: scope }));
  return hubDone({ ...network, hub }, toHex(asked.erasureId));
}

/**
 * Hands the erasure to everyone who has to carry it out and follows it, until the chain says that enough custodians have
 * destroyed their secrets, and, for a while longer, until everybody who can be reached has signed. Gives the receipts. May
 * be called again for the same erasure. Throws `ERASE_NOT_COMPLETE`.
 */
export async function follow(
  installed: Network,
  { erasureId, handover }: Asked,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Uint8Array[]> {
  await installed.chain.follow();
  const { account } = parseSigned(Message.erase, Erasing.parseHandover(handover).erase).message;
  const network = await Hubs.at(installed, account);
  const further = (network.places ?? []).slice(1);
  const id = toHex(erasureId);
  const receipts = new Map<string, Uint8Array>();
  const started = network.now();
  const of = network.custodians.length;
  let completeAt: number | null = null;
  const over = new AbortController();
  const { signal } = over;
  const parts: Network = {
    ...network,
    hub: { ...network.hub, signal },
    gateway: { ...network.gateway, signal },
  };
  // Each at its own pace: one that hangs must not keep the others' word from us.
  const asking = async (who: string, ask: () => Promise<Uint8Array | undefined>): Promise<void> => {
    while (!signal.aborted && !receipts.has(who)) {
      const receipt = await quietly(ask);
      if (receipt) receipts.set(who, receipt);
      else await pause();
    }
  };
  network.custodians.forEach((service, i) => {
    void asking(custodianName(i + 1), () => custodianDone(parts, { ...service, signal }, handover));
  });
  void asking('gateway', () => gatewayDone(parts, handover));
  void asking('hub', () => hubDone(parts, id));
  further.forEach(({ service }, i) => {
    const hub = { ...service, signal };
    void asking(`hub ${i + 2}`, () => hubToldDone(parts, hub, { erasureId, handover }));
  });
  try {
    for (;;) {
      await network.chain.follow();
      const on = network.chain.state.erasures.get(id);
      const confirmations = on?.confirmations ?? new Map();
      const complete = on?.erasedAt != null;
      onProgress({ confirmed: confirmations.size, needed: on?.needed ?? 0, of, complete });
      if (complete) completeAt ??= network.now();
      const everybody = receipts.size === of + 2 + further.length && confirmations.size === of;
      if (completeAt !== null && (everybody || network.now() - completeAt > RECEIPTS_PATIENCE_MS))
        return kept(receipts, new Map([...confirmations].map(([i, c]) => [i, c.receiptHash])));
      if (completeAt === null && network.now() - started > ERASE_PATIENCE_MS)
        throw new NotCompleteError(confirmations.size, on?.needed ?? 0);
      await pause();
    }
  } finally {
    // One that hangs must not keep this program from ending.
    over.abort();
  }
}

const pause = (): Promise<void> => new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
const custodianName = (index: number): string => `custodian ${index}`;

/** Of custodians, only what they confirmed on the chain: the rest cannot be shown to anyone yet. */
const kept = (receipts: Map<string, Uint8Array>, confirmed: Map<number, string>): Uint8Array[] =>
  [...receipts].flatMap(([who, bytes]) => {
    const index = [...confirmed.keys()].find((one) => custodianName(one) === who);
    const holds =
      index === undefined
        ? !who.startsWith('custodian')
        : confirmed.get(index) === toHex(ErasureReceipt.hashOf(bytes));
    return holds ? [bytes] : [];
  });

async function custodianDone(
  network: Network,
  service: Http.Service,
  handover: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { receipt, confirm } = Erasing.parseDone(await Http.post(service, '/v1/erase', handover));
  if (!receipt || !confirm) return undefined;
  // The hub brings it to the chain as well; whoever comes second is told that it is there.
  const body = encodeRelay({ kind: 'Confirm', signed: confirm, grant: null, keys: null });
  await quietly(async () => void (await Http.post(network.hub, '/v1/relay', body)));
  return receipt;
}

const gatewayDone = async (network: Network, handover: Uint8Array): Promise<Uint8Array | undefined> =>
  Erasing.parseDone(await Http.post(network.gateway, '/v1/erase', handover)).receipt ?? undefined;

async function hubDone(network: Network, id: string): Promise<Uint8Array | undefined> {
  const { receipt } = Http.json(await Http.get(network.hub, `/v1/erasures/${id}`), network.hub.name);
  return typeof receipt === 'string' ? fromHex(receipt) : undefined;
}

/** Whoever is down now follows by itself later; the chain says who has. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof IsletError)) throw error;
    return undefined;
  }
}

const found = z.array(z.object({ blockNumber: Wire.count }));

/**
 * The certificate of a completed erasure: the order, the receipts, and the blocks that recorded it, who the person and the
 * custodians are. It is checked before it is given. `rpc` is the node that the blocks are asked of; nothing of it is believed.
 */
export async function certificate(
  network: Network,
  rpc: Rpc,
  validators: Uint8Array[],
  { erasureId, handover }: Asked,
  receipts: Uint8Array[],
): Promise<string> {
  const { deployment } = network;
  const order = Erasing.parseOrder(handover)!;
  const account = to0x(order.signed.message.account);
  const wanted = [
    { address: deployment.erasure, topics: [null, to0x(erasureId)] },
    { address: deployment.identity, topics: [null, account] },
    { address: deployment.members, topics: [Abi.topicOf(membersAbi, 'CustodianSet')] },
    { address: deployment.members, topics: [Abi.topicOf(membersAbi, 'ThresholdSet')] },
  ];
  const numbers = new Set<number>();
  for (const filter of wanted) {
    const logs = await rpc.call('eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest', ...filter }], found);
    for (const { blockNumber } of logs) numbers.add(blockNumber);
  }
  const blocks: Proof.Proof[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) blocks.push(await Proof.fetch(rpc, number));
  const text = Certificate.write({
    ...{ islet: 'erasure-certificate', version: 1, notice: Certificate.notice },
    chain: { deployment, validators: validators.map(to0x), blocks },
    order: Certificate.toText(handover),
    receipts: receipts.map(Certificate.toText),
  });
  await Certificate.verify(text);
  return text;
}

/** Too few custodians have confirmed so far. */
export class NotCompleteError extends IsletError {
  override readonly name = 'Erasing.NotCompleteError';
  constructor(confirmed: number, needed: number) {
    super(
      'ERASE_NOT_COMPLETE',
      `${confirmed} of ${needed} needed custodians have confirmed so far. The erasure is recorded and cannot be called back: the others follow when they run. See: npx islet doctor`,
    );
  }
}
