// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from '@islet/chain/Abi';
import { circlesAbi } from '@islet/chain/abi/Circles';
import { consentAbi } from '@islet/chain/abi/Consent';
import { erasureAbi } from '@islet/chain/abi/Erasure';
import { identityAbi } from '@islet/chain/abi/Identity';
import { recoveryAbi } from '@islet/chain/abi/Recovery';
import { reviewsAbi } from '@islet/chain/abi/Reviews';
import type { Deployment } from '@islet/chain/Deployment';
import type { Follower } from '@islet/chain/Follower';
import { ChainRevertError } from '@islet/chain/Revert';
import type { Receipt, Sender } from '@islet/chain/Sender';
import { verifiersOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, fromHex, to0x, toHex } from '@islet/core/crypto/bytes';
import type { Struct, Value } from '@islet/core/crypto/typedData';
import * as GrantKeys from '@islet/core/GrantKeys';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { encodeHandover, parseOrder } from '@islet/core/wire/Erasing';
import type { Relay, RelayAnswer } from '@islet/core/wire/Relay';
import { keyOf } from '@islet/store/Store';
import type { Archive } from './Archive.js';
import type { Erasures } from './Erasures.js';
import { PAPER_BYTES } from './limits.js';
import { keepPaper } from './Papers.js';
import { Refusal } from './Refusal.js';

export type Options = {
  archive: Archive;
  erasures: Erasures;
  follower: Follower<View.View>;
  sender: Sender;
  deployment: Deployment;
  now: () => number;
};

/**
 * Puts a signed message on chain with the hub's relay key. The hub can refuse to, and then another member's relay does
 * it; it cannot alter a message or make one up. Throws `Refusal` with the contract's own code where it refuses.
 */
export async function relay(options: Options, asked: Relay): Promise<RelayAnswer> {
  const call = callOf(asked, options.deployment);
  if (asked.kind === 'Grant') await keepGrant(options, asked);
  if (asked.kind === 'Erase') await keepErasure(options, asked);
  if (asked.kind === 'Request') await keepReason(options, asked);
  const { sender } = options;
  const send = asked.kind === 'FinishRecovery' ? sender.sendUntried : sender.send;
  const receipt = await send(call).catch((error) => {
    throw error instanceof ChainRevertError ? refusalOf(error, options.now()) : error;
  });
  const answer = { transaction: receipt.txHash, blockNumber: receipt.blockNumber };
  return asked.kind === 'Request' ? { ...answer, ...decisionIn(receipt, asked, options.deployment) } : answer;
}

const ofCircles = {
  OpenCircle: ['openCircle', Message.openCircle],
  Admit: ['admit', Message.admit],
  Dismiss: ['dismiss', Message.dismiss],
  ReplaceCircleKey: ['replaceCircleKey', Message.replaceCircleKey],
  EndCircle: ['endCircle', Message.endCircle],
} as const;

function callOf(
  { kind, signed, grant }: Relay,
  { identity, circles, consent, erasure, reviews, recovery }: Deployment,
) {
  switch (kind) {
    case 'Register': {
      const { message, signature } = open(Message.register, signed);
      return {
        to: identity,
        data: Abi.encodeCall(identityAbi, 'register', { m: message as never, signature }),
      };
    }
    case 'AuthoriseGateway': {
      const { message: m, ...rest } = open(Message.authoriseGateway, signed);
      return {
        to: identity,
        data: Abi.encodeCall(identityAbi, 'authoriseGateway', { m: m as never, ...rest }),
      };
    }
    case 'EndGateway': {
      const { message: m, ...rest } = open(Message.endGateway, signed);
      return { to: identity, data: Abi.encodeCall(identityAbi, 'endGateway', { m: m as never, ...rest }) };
    }
    case 'AddSigner':
      return {
        to: identity,
        data: Abi.encodeCall(identityAbi, 'addSigner', args(Message.addSigner, signed)),
      };
    case 'RemoveSigner': {
      const call = args(Message.removeSigner, signed);
      return { to: identity, data: Abi.encodeCall(identityAbi, 'removeSigner', call) };
    }
    case 'ReplaceEncryptionKey': {
      const call = args(Message.replaceEncryptionKey, signed);
      return { to: identity, data: Abi.encodeCall(identityAbi, 'replaceEncryptionKey', call) };
    }
    case 'SetGuardians': {
      const call = args(Message.setGuardians, signed);
      return { to: recovery, data: Abi.encodeCall(recoveryAbi, 'setGuardians', call) };
    }
    case 'Approve':
      return { to: recovery, data: Abi.encodeCall(recoveryAbi, 'approve', args(Message.approve, signed)) };
    case 'WithdrawApproval': {
      const call = args(Message.withdrawApproval, signed);
      return { to: recovery, data: Abi.encodeCall(recoveryAbi, 'withdrawApproval', call) };
    }
    case 'Object':
      return { to: recovery, data: Abi.encodeCall(recoveryAbi, 'object', args(Message.object, signed)) };
    case 'FinishRecovery': {
      const { account, attempt, newSigner } = parseSigned(Message.approve, signed).message;
      const call = { account, attempt: BigInt(attempt), newSigner };
      return { to: recovery, data: Abi.encodeCall(recoveryAbi, 'finish', call) };
    }
    case 'Grant': {
      const { message: g, ...rest } = open(Message.grant, signed);
      return { to: consent, data: Abi.encodeCall(consentAbi, 'grant', { g: g as never, ...rest }) };
    }
    case 'Revoke': {
      const { message: m, ...rest } = open(Message.revoke, signed);
      return { to: consent, data: Abi.encodeCall(consentAbi, 'revoke', { m: m as never, ...rest }) };
    }
    case 'Erase': {
      const { message: m, ...rest } = open(Message.erase, signed);
      return { to: erasure, data: Abi.encodeCall(erasureAbi, 'erase', { m: m as never, ...rest }) };
    }
    case 'Confirm': {
      const { message: m, signature } = open(Message.confirm, signed);
      return { to: erasure, data: Abi.encodeCall(erasureAbi, 'confirm', { m: m as never, signature }) };
    }
    case 'Close': {
      const { message: m, ...rest } = open(Message.close, signed);
      return { to: reviews, data: Abi.encodeCall(reviewsAbi, 'closeAsPatient', { m: m as never, ...rest }) };
    }
    case 'OpenCircle':
    case 'Admit':
    case 'Dismiss':
    case 'ReplaceCircleKey':
    case 'EndCircle': {
      const [call, struct] = ofCircles[kind];
      return { to: circles, data: Abi.encodeCall(circlesAbi, call, args(struct, signed)) };
    }
    case 'Request': {
      const { message: r, ...rest } = open(Message.request, signed);
      const g = grant ? open(Message.grant, grant).message : noGrant;
      return {
        to: consent,
        data: Abi.encodeCall(consentAbi, 'request', { r: r as never, g: g as never, ...rest }),
      };
    }
  }
}

/** A signed message as most calls take it. */
function args(struct: Struct, bytes: Uint8Array) {
  const { message, ...rest } = open(struct, bytes);
  return { m: message as never, ...rest };
}

/** A message as the ABI takes it: every integer a bigint, addresses in hex. */
function open<S extends Struct>(struct: S, bytes: Uint8Array) {
  const { message, signer, signature } = parseSigned(struct, bytes);
  const values = message as unknown as Record<string, Value>;
  // What is plainly not the signer's need not cost a call.
  if (signer.length === 20 && !Message.verify(struct, { message, signer, signature } as never))
    throw new Refusal(
      403,
      'HUB_BAD_SIGNATURE',
      'The message is not signed by the signer that it names. Sign it again.',
    );
  return { message: toArgs(struct, (name) => values[name]!), signer, signature };
}

const toArgs = (struct: Struct, lookUp: (name: string) => Value): Record<string, unknown> =>
  Object.fromEntries(
    struct.fields.map(([type, name]) => {
      const value = lookUp(name);
      if (type === 'address') return [name, to0x(value as Uint8Array)];
      return [name, typeof value === 'number' ? BigInt(value) : value];
    }),
  );

/** A person's own access rests on no grant; the contract wants one of zeros. */
const noGrant = toArgs(Message.grant, (name) => {
  const type = Message.grant.fields.find(([, field]) => field === name)![0] as string;
  if (type === 'bytes32[]') return [];
  if (type === 'bool') return false;
  if (type === 'address') return new Uint8Array(20);
  return type === 'bytes32' ? new Uint8Array(32) : 0n;
});

/** Before the chain hears of it: a grant whose keys are lost opens nothing. */
async function keepGrant({ archive, follower }: Options, { signed, keys }: Relay): Promise<void> {
  const { message, signer } = parseSigned(Message.grant, signed);
  if (!keys || !equal(GrantKeys.hashOf(keys), message.nodesHash)) throw wrongGrantKeys();
  // Strangers must not fill the store.
  if (!View.speaksFor(follower.state, message.patient, signer)) await follower.follow();
  if (!View.speaksFor(follower.state, message.patient, signer))
    throw new Refusal(403, 'HUB_NOT_A_SIGNER', 'Whoever signed the grant does not speak for its patient.');
  await writeGrant(archive, signed, keys, message);
}

/** Once is enough. */
export async function writeGrant(
  archive: Archive,
  signed: Uint8Array,
  keys: Uint8Array,
  message: Message.Grant,
): Promise<void> {
  const row = {
    grantId: message.grantId,
    grantHash: Message.structHashOf(Message.grant, message),
    signed: fromHex(keyOf(signed)),
    keys: fromHex(keyOf(keys)),
  };
  const known = await archive.find.grants(row.grantId);
  await archive.store.putAll([signed, keys]);
  if (known.some((k) => equal(k.signed, row.signed) && equal(k.keys, row.keys))) return;
  await archive.append({ kind: 'grant', ...row });
}

export const wrongGrantKeys = (): Refusal =>
  new Refusal(
    400,
    'HUB_WRONG_GRANT_KEYS',
    'The sealed keys are not those that the grant was signed with. Send both together.',
  );

/** Before the chain hears of it: an erasure whose scope is lost could not be carried out. */
async function keepErasure(
  { erasures, follower, deployment }: Options,
  { signed, keys }: Relay,
): Promise<void> {
  const order = keys && parseOrder(encodeHandover({ erase: signed, scope: keys }));
  if (!order)
    throw new Refusal(
      400,
      'HUB_WRONG_SCOPE',
      'The scope document is not the one that the erasure was signed about. Send both together.',
    );
  const { message, signer } = order.signed;
  if (!View.speaksFor(follower.state, message.account, signer)) await follower.follow();
  if (!View.speaksFor(follower.state, message.account, signer))
    throw new Refusal(403, 'HUB_NOT_A_SIGNER', 'Whoever signed the erasure does not speak for its account.');
  // Stops: an order that nobody signed, kept under the name of a passkey that everybody can see.
  if (!Message.verify(Message.erase, order.signed, verifiersOf(deployment)))
    throw new Refusal(
      403,
      'HUB_BAD_SIGNATURE',
      'The message is not signed by the signer that it names. Sign it again.',
    );
  await erasures.keep(order);
}

/** Before the chain hears of an emergency: the patient must find the reason as soon as they hear of the look. */
async function keepReason({ archive, follower }: Options, { signed, keys }: Relay): Promise<void> {
  const { message, signer } = parseSigned(Message.request, signed);
  if (message.statement.every((b) => b === 0)) return;
  if (!keys || keys.length > PAPER_BYTES)
    throw new Refusal(
      400,
      'HUB_NO_REASON',
      `An emergency needs its reason, sealed to the patient, in at most ${PAPER_BYTES} bytes. Send it with the request.`,
    );
  // Strangers must not fill the store.
  if (!View.speaksFor(follower.state, message.reader, signer)) await follower.follow();
  if (!View.speaksFor(follower.state, message.reader, signer))
    throw new Refusal(403, 'HUB_NOT_A_SIGNER', 'Whoever signed the request does not speak for its reader.');
  await keepPaper(archive, Message.digestOf(Message.request, message), keys);
}

/** The contract's answer to this very request. */
function decisionIn(
  receipt: Receipt,
  { signed }: Relay,
  { consent }: Deployment,
): Pick<RelayAnswer, 'requestId' | 'reason'> {
  const id = Message.digestOf(Message.request, parseSigned(Message.request, signed).message);
  for (const { address, topics, data } of receipt.logs) {
    if (address !== consent) continue;
    const log = Abi.decodeLog(consentAbi, { topics, data });
    if (log?.name !== 'AccessDecided' && log?.name !== 'AccessDenialRepeated') continue;
    if (equal(log.args.requestId, id)) return { requestId: toHex(id), reason: Number(log.args.reason) };
  }
  throw new Refusal(
    503,
    'HUB_NO_DECISION',
    'The chain took the request but the node told no decision. Look for the request on the chain before sending another.',
  );
}

/** What contradicts the chain's state, as against what its rules forbid. */
const conflicts = /Exists|Already|Used|Ended|Unknown|Mismatch|NotAuthorised/;

function refusalOf(error: ChainRevertError, now: number): Refusal {
  const { code, message, errorName = '' } = error;
  const options = { cause: error };
  if (errorName === 'RelayedBudgetSpent') {
    const hour = 3_600_000;
    return new Refusal(429, code, message, {
      ...options,
      retryAfter: Math.ceil((hour - (now % hour)) / 1000),
    });
  }
  return new Refusal(conflicts.test(errorName) ? 409 : 403, code, message, options);
}
