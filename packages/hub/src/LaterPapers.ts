// Copyright the Islet authors. AGPL-3.0-or-later.
import { verifiersOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as GrantKeys from '@islet/core/GrantKeys';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { encodeHandover, parseOrder } from '@islet/core/wire/Erasing';
import type { Relay } from '@islet/core/wire/Relay';
import { notNamed, type Places } from './Places.js';
import { Refusal } from './Refusal.js';
import { type Options, writeGrant, wrongGrantKeys } from './Relaying.js';

/**
 * Keeps the papers of a grant or an erasure that the chain has already, from whoever brings them: another relay put it
 * there. They are taken only as the chain has their hash, and signed by someone who spoke for the account. Throws `Refusal`.
 */
export async function keep(
  options: Options,
  places: Pick<Places, 'isHere'>,
  { kind, signed, keys }: Relay,
): Promise<void> {
  const { archive, erasures, follower, deployment } = options;
  const verifiers = verifiersOf(deployment);
  await follower.follow();
  const view = follower.state;
  if (kind === 'Grant') {
    const grant = parseSigned(Message.grant, signed);
    const { grantId, patient, nodesHash } = grant.message;
    const hash = toHex(Message.structHashOf(Message.grant, grant.message));
    const isOnChain = view.grants.get(toHex(grantId))?.grantHash === hash;
    // Stops: a true grant under a false signature, which readers would refuse, kept in the place of the true one.
    const isSigned = Message.verify(Message.grant, grant, verifiers);
    if (!isOnChain || !isSigned || !View.spokeFor(view, patient, grant.signer)) throw notOnChain();
    if (!keys || !equal(GrantKeys.hashOf(keys), nodesHash)) throw wrongGrantKeys();
    if (!places.isHere(patient)) throw notNamed();
    return writeGrant(archive, signed, keys, grant.message);
  }
  const order = kind === 'Erase' && keys && parseOrder(encodeHandover({ erase: signed, scope: keys }));
  if (!order) throw notOnChain();
  const { message, signer } = order.signed;
  const isOnChain =
    view.erasures.get(toHex(message.erasureId))?.scopeHash === toHex(message.scopeHash) &&
    view.erasures.get(toHex(message.erasureId))?.account === toHex(message.account);
  const isSigned = Message.verify(Message.erase, order.signed, verifiers);
  if (!isOnChain || !isSigned || !View.spokeFor(view, message.account, signer)) throw notOnChain();
  if (!places.isHere(message.account)) throw notNamed();
  await erasures.keep(order);
}

const notOnChain = (): Refusal =>
  new Refusal(
    403,
    'HUB_PAPER_NOT_ON_CHAIN',
    'The paper is not that of a grant or an erasure as the chain has it, signed by its person. It was not kept.',
  );
