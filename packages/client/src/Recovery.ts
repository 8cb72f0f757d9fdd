// Copyright the Islet authors. AGPL-3.0-or-later.
// A person who has lost every device gets account and seeds back: the person's part, the guardians', and the veto.
import { isOpen } from '@islet/chain/Recoveries';
import { equal, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as SeedShares from '@islet/core/SeedShares';
import { encodeSigned, parseSigned } from '@islet/core/signed';
import { encodeList, parseList } from '@islet/core/wire/Ask';
import * as Guarding from './Guarding.js';
import * as Http from './Http.js';
import type * as KeyRequest from './KeyRequest.js';
import { deadline, type Network, placeOf } from './Network.js';
import type { Person } from './Person.js';
import { relay, relayFinish } from './Relaying.js';
import * as Signers from './Signers.js';
import * as Signing from './Signing.js';
import * as Wallet from './Wallet.js';

/** Guardians' answers that the recovering person has so far: each a signed approval and a share sealed to them. */
export type Attempt = { newcomer: Signers.Newcomer; answers: Uint8Array[] };

const answerName = 'islet/guardian-answer';

/** Begins: draws new keys for the lost account. The request goes to guardians by any way; its words are compared by voice. */
export async function start(
  network: Network,
  account: Uint8Array,
): Promise<{ attempt: Attempt; request: KeyRequest.KeyRequest }> {
  const { newcomer, request } = await Signers.newcomer(network, account);
  return { attempt: { newcomer, answers: [] }, request };
}

/**
 * A guardian who has compared the words approves on chain, and seals their share to the person's one-time key. Returns
 * the answer, which is of use to that person alone.
 */
export async function approve(
  network: Network,
  guardian: Person,
  request: KeyRequest.KeyRequest,
): Promise<Uint8Array> {
  const { account, signer } = request;
  const { mine, place, share } = Guarding.chargeOf(guardian, account);
  const key = await Signers.oneTimeKeyOf(network, request);
  await network.chain.follow();
  const message: Message.Approve = {
    ...placeOf(network, 'recovery'),
    ...{ account, guardian: guardian.wallet.account, salt: mine.salt, newSigner: signer },
    ...{ attempt: attemptFor(network, account, signer), deadline: deadline(network) },
  };
  const { bytes } = await relay(network, guardian.wallet, Message.approve, message);
  return encodeList(answerName, [bytes, Guarding.reseal(place, share, key, network)]);
}

/** The open attempt for this signer, or the number of the next. */
function attemptFor(network: Network, account: Uint8Array, signer: Uint8Array): number {
  const attempts = network.chain.state.recoveries.get(toHex(account))?.attempts ?? new Map();
  const open = [...attempts].find(([, a]) => a.newSigner === toHex(signer) && isOpen(a, network.now()));
  return open?.[0] ?? attempts.size + 1;
}

/** A guardian takes their approval back: on chain, and with every custodian. */
export async function withdraw(
  network: Network,
  guardian: Person,
  account: Uint8Array,
): Promise<Signers.Told> {
  const { mine } = Guarding.chargeOf(guardian, account);
  await network.chain.follow();
  const id = toHex(guardian.wallet.account);
  const attempts = network.chain.state.recoveries.get(toHex(account))?.attempts ?? new Map();
  const approved = [...attempts].find(([, a]) => a.approvals.has(id) && isOpen(a, network.now()));
  if (!approved) throw new NothingError();
  const message = {
    ...placeOf(network, 'recovery'),
    ...{ account, guardian: guardian.wallet.account, salt: mine.salt },
    ...{ attempt: approved[0], deadline: deadline(network) },
  };
  const signed = Signing.sign(network, guardian.wallet, Message.withdrawApproval, message);
  const told = await Signers.tellAll(
    network,
    '/v1/withdraw-approval',
    encodeSigned(Message.withdrawApproval, signed),
  );
  await relay(network, guardian.wallet, Message.withdrawApproval, message);
  return told;
}

/** Attempts to recover this account that could still succeed, as the chain has them. */
export async function open(network: Network, account: Uint8Array) {
  await network.chain.follow();
  const attempts = network.chain.state.recoveries.get(toHex(account))?.attempts ?? new Map();
  return [...attempts]
    .filter(([, a]) => isOpen(a, network.now()))
    .map(([attempt, a]) => ({
      attempt,
      newSigner: a.newSigner,
      approvals: a.approvals.size,
      readyAt: a.readyAt,
    }));
}

/** The person's veto of every attempt: with custodians first, who need no chain for it, then on chain. */
export async function object(
  network: Network,
  { wallet, notes }: Pick<Person, 'wallet' | 'notes'>,
): Promise<Signers.Told & { attempts: number[] }> {
  const all = await open(network, wallet.account);
  if (all.length === 0) throw new NothingError();
  // Custodians hold nothing for who only reads.
  const of = notes.role === 'clinician' ? 0 : network.custodians.length;
  let told = of;
  for (const { attempt } of all) {
    const message = {
      ...placeOf(network, 'recovery'),
      ...{ account: wallet.account, attempt, deadline: deadline(network) },
    };
    const signed = Signing.sign(network, wallet, Message.object, message);
    if (of > 0) {
      const heard = await Signers.tellAll(network, '/v1/object', encodeSigned(Message.object, signed));
      told = Math.min(told, heard.told);
    }
    await relay(network, wallet, Message.object, message);
  }
  return { told, of, attempts: all.map((a) => a.attempt) };
}

/** Takes in a guardian's answer. Throws `RECOVERY_BAD_ANSWER` where it is for another request. */
export function take(network: Network, attempt: Attempt, answer: Uint8Array): Attempt {
  const { approval, share } = partsOf(answer);
  const { newcomer } = attempt;
  const request = Signers.requestOf(network, newcomer);
  const { account, newSigner, guardian } = approval.message;
  const right = equal(account, newcomer.account) && equal(newSigner, request.signer);
  if (!right || !SeedShares.open(share, newcomer.oneTimeSeed)) throw new BadAnswerError();
  const others = attempt.answers.filter((a) => !equal(partsOf(a).approval.message.guardian, guardian));
  return { ...attempt, answers: [...others, answer] };
}

function partsOf(answer: Uint8Array) {
  const [approval, share] = parseList(answerName, answer);
  if (!approval || !share) throw new BadAnswerError();
  return {
    bytes: approval,
    approval: parseSigned(Message.approve, approval),
    share: SeedShares.parse(share),
  };
}

/** What one custodian says of a recovery: from when on it will go further or open, UTC ms; or why it refuses. */
export type Answer = { state: 'waiting' | 'recovered' | 'refused'; at: number; code?: string };

/**
 * Hands the approvals to every custodian: at once, so that their clocks begin, and again after the delay, so that they
 * follow.
 */
export async function present(network: Network, { answers }: Attempt): Promise<Answer[]> {
  const body = encodeList(
    'islet/approvals',
    newest(answers).map((a) => partsOf(a).bytes),
  );
  return Promise.all(
    network.custodians.map(async (custodian): Promise<Answer> => {
      try {
        const told = Http.json(await Http.post(custodian, '/v1/recovery', body), custodian.name);
        const isDone = told.state === 'recovered';
        return { state: isDone ? 'recovered' : 'waiting', at: Number(isDone ? told.opensAt : told.until) };
      } catch (error) {
        if (!(error instanceof IsletError)) throw error;
        return { state: 'refused', at: 0, code: error.code };
      }
    }),
  );
}

/** Only approvals of one attempt make a quorum: those of the newest. */
function newest(answers: Uint8Array[]): Uint8Array[] {
  const numbered = answers.map((answer) => ({ answer, n: partsOf(answer).approval.message.attempt }));
  const last = Math.max(...numbered.map((a) => a.n));
  return numbered.filter((a) => a.n === last).map((a) => a.answer);
}

/**
 * Finishes after the delay: on chain, then with custodians, then puts the seeds together. Throws what the contract says
 * where it is too early or was objected to, and `RECOVERY_SHARES_FALSE` where the shares give no seeds that fit the
 * account's encryption key on chain. May be asked again: what is done is not done twice. For a clinician, for whom
 * custodians hold nothing, none is asked.
 */
export async function finish(network: Network, attempt: Attempt, name: string): Promise<Finished> {
  const { newcomer, answers } = attempt;
  const { account } = newcomer;
  const secret = await seedsOf(network, attempt);
  const { signer } = Signers.requestOf(network, newcomer);
  await network.chain.follow();
  const first = newest(answers)[0];
  if (!first) throw new NothingError();
  if (!network.chain.state.accounts.get(toHex(account))?.signers.has(toHex(signer)))
    await relayFinish(network, partsOf(first).bytes);
  const wallet: Wallet.Wallet = {
    ...{ name, account, signerKey: newcomer.signerKey },
    ...(newcomer.signerKind ? { signerKind: newcomer.signerKind } : {}),
    ...{ encryptionSeed: secret.encryptionSeed, rootSeed: secret.rootSeed, generation: secret.generation },
  };
  const { role, dayOffsetMinutes } = secret;
  const custodians = role === 'clinician' ? [] : await present(network, attempt);
  return { wallet, role, dayOffsetMinutes, custodians };
}
export type Finished = Pick<SeedShares.Secret, 'role' | 'dayOffsetMinutes'> & {
  wallet: Wallet.Wallet;
  custodians: Answer[];
};

/** The seeds from any of the answers' shares that fit together. A false share among enough true ones spoils nothing. */
async function seedsOf(network: Network, { newcomer, answers }: Attempt): Promise<SeedShares.Secret> {
  const byIndex = new Map<string, Uint8Array[]>();
  for (const answer of answers) {
    const { share } = partsOf(answer);
    const opened = SeedShares.open(share, newcomer.oneTimeSeed);
    const dealing = toHex(share.place.dealing);
    if (opened && equal(share.place.account, newcomer.account))
      byIndex.set(dealing, [...(byIndex.get(dealing) ?? []), opened]);
  }
  const expected = network.chain.state.accounts.get(toHex(newcomer.account))?.encryptionKeyHash;
  for (const shares of byIndex.values())
    for (const some of subsets(shares)) {
      const secret = await SeedShares.combine(some).catch(() => undefined);
      // Stops: guardians who together hand in the seeds of another account.
      if (secret && hashOf(secret) === expected) return secret;
    }
  throw new FalseSharesError();
}

const hashOf = ({ encryptionSeed }: SeedShares.Secret): string =>
  toHex(Wallet.encryptionKeyHash(Wallet.encryptionKey({ encryptionSeed } as Wallet.Wallet)));

/** All of them, then any with fewer, down to two. */
function* subsets(shares: Uint8Array[]): Generator<Uint8Array[]> {
  const all = 2 ** Math.min(shares.length, 16) - 1;
  const sized = Array.from({ length: all }, (_, i) => shares.filter((__, at) => ((i + 1) >> at) & 1));
  for (const some of sized.sort((a, b) => b.length - a.length)) if (some.length >= 2) yield some;
}

export class NothingError extends IsletError {
  override readonly name = 'Recovery.NothingError';
  constructor() {
    super(
      'RECOVERY_NOTHING',
      'There is no recovery of this account that is open. See: npx islet guardians list',
    );
  }
}

export class BadAnswerError extends IsletError {
  override readonly name = 'Recovery.BadAnswerError';
  constructor() {
    super(
      'RECOVERY_BAD_ANSWER',
      'This answer is not to our request. Ask that guardian again, with the newest request.',
    );
  }
}

export class FalseSharesError extends IsletError {
  override readonly name = 'Recovery.FalseSharesError';
  constructor() {
    super(
      'RECOVERY_SHARES_FALSE',
      'The guardians’ shares do not give the account’s keys: too few, or one is false. Ask further guardians, or use the recovery kit.',
    );
  }
}
