// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Erasure } from '@islet/chain/Erasures';
import { MalformedError } from '@islet/core/codec';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import { covers } from '@islet/core/Erasure';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { type Done, type Order, parseOrder } from '@islet/core/wire/Erasing';
import type { Context } from './Context.js';
import { confirmLifeSeconds } from './limits.js';
import { requirePatient } from './Patient.js';
import { Refusal } from './Refusal.js';

/**
 * An Erase handed to us by whomever, signed by the patient. From now on we open nothing of it, whatever the chain says;
 * once the chain has recorded it, the secrets are destroyed, and only then do we sign that they are. Asking again gives
 * the same receipt. Nothing in the answer: the chain does not have it yet.
 */
export async function erase(context: Context, bytes: Uint8Array): Promise<Done> {
  const { chain, deployment, record } = context;
  const order = parseOrder(bytes);
  // Stops: a salted code passed off as another stream than the patient signed for.
  if (!order) throw new MalformedError('islet/erasure-handover', 'has a scope that was not signed');
  const { message, signer } = order.signed;
  const here =
    Number(message.chain) === deployment.chainId && equal(message.target, fromHex(deployment.erasure));
  // Stops: a chain, or all members together, destroying what the patient wants to keep.
  await requirePatient(
    context,
    message.account,
    signer,
    here && Message.verify(Message.erase, order.signed, context.verifiers),
  );
  await record.keepErasure(order);
  const known = record
    .erasures(message.account)
    .find((one) => equal(one.order.signed.message.erasureId, message.erasureId));
  // Stops: a second message under the id of one that was kept.
  if (!known || !equal(known.order.handover, bytes))
    throw new Refusal(409, 'ERASE_OTHER_KNOWN', 'Another erasure is known under this id. Draw a new id.');
  if (known.receipt) return done(context, message.erasureId, known.receipt);
  await chain.freshHead();
  const recorded = chain.state.erasures.get(toHex(message.erasureId));
  if (!recorded || !isSame(recorded, message)) return { receipt: null, confirm: null };
  return done(context, message.erasureId, await carryOut(context, order));
}

async function carryOut(context: Context, order: Order): Promise<Uint8Array> {
  const { vault, record, signer, index, now } = context;
  const { message } = order.signed;
  const { erasureId, account, scopeHash, firstDay, lastDay } = message;
  const secrets = await vault.erase(account, order.extent);
  const receipt = await ErasureReceipt.sign(
    {
      ...{ role: 'custodian', keeper: signer.publicKey, custodian: index },
      ...{ erasureId, account, scopeHash, firstDay, lastDay, at: now() },
      dropped: ErasureReceipt.counted({ secrets }),
    },
    signer,
  );
  await record.keepReceipt(order, receipt);
  return receipt;
}

/** The Confirm is signed anew each time, since the one before may have passed its deadline on the way. */
function done(context: Context, erasureId: Uint8Array, receipt: Uint8Array): Done {
  const { deployment, index, accountKey, now } = context;
  const message: Message.Confirm = {
    chain: BigInt(deployment.chainId),
    target: fromHex(deployment.erasure),
    erasureId,
    custodian: index,
    receiptHash: ErasureReceipt.hashOf(receipt),
    deadline: Math.floor(now() / 1000) + confirmLifeSeconds,
  };
  const signed = Message.sign(Message.confirm, message, accountKey);
  return { receipt, confirm: encodeSigned(Message.confirm, signed) };
}

function isSame(recorded: Erasure, message: Message.Erase): boolean {
  return (
    recorded.account === toHex(message.account) &&
    recorded.scopeHash === toHex(message.scopeHash) &&
    recorded.firstDay === message.firstDay &&
    recorded.lastDay === message.lastDay &&
    recorded.streams.length === message.streams.length &&
    recorded.streams.every((code, i) => code === toHex(message.streams[i]!))
  );
}

/**
 * Whether a stream day was erased: by what the patient handed us, or by what the chain recorded. Of the latter we may not
 * know the streams in words yet, after a restart or from an old backup; until we do, those days of all streams stay shut.
 */
export function isErased(
  { chain, record }: Pick<Context, 'chain' | 'record'>,
  account: Uint8Array,
  stream: Stream,
  day: Day | null,
): boolean {
  const known = record.erasures(account);
  if (
    known.some(
      ({ order, receipt }) => (receipt === null || day !== null) && covers(order.extent, stream, day),
    )
  )
    return true;
  const ids = new Set(known.map(({ order }) => toHex(order.signed.message.erasureId)));
  const id = toHex(account);
  for (const [erasureId, one] of chain.state.erasures)
    if (one.account === id && !ids.has(erasureId) && covers({ ...one, streams: [] }, stream, day))
      return true;
  return false;
}

export const erased = (): Refusal =>
  new Refusal(410, 'DENIED_ERASED', 'The patient erased this. It cannot be opened by anyone any more.');
