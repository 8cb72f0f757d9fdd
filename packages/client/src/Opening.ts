// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import { combine } from '@islet/core/crypto/shamir';
import * as Epoch from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import * as Release from '@islet/core/Release';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import { encodeAskRelease } from '@islet/core/wire/Ask';
import * as Dealers from './Dealers.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import { TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';

/** What a custodian did with our question. */
export type Answer = {
  custodian: number;
  /** `lied`: what it handed out is not what it must be, and it is to answer for that. */
  outcome: 'released' | 'lied' | 'failed';
  /** Why not released. */
  code?: string;
  message?: string;
};

export type Ticket = {
  requestId: Uint8Array;
  request: Uint8Array;
  grant: Uint8Array | null;
  salt: Uint8Array;
  streams: Stream[];
  purpose: string;
  oneTimeSeed: Uint8Array;
  blockNumber: number;
};

/**
 * The lock secret of every epoch, from any t custodians that tell the truth. A share that is not the one the
 * dealer committed to convicts its custodian: it is named and the others go on.
 */
export async function unlock(
  network: Network,
  proven: Proven[],
  ticket: Ticket,
): Promise<{ secrets: Map<string, Uint8Array>; answers: Answer[] }> {
  const epochs = [...new Map(proven.map((p) => [toHex(p.epoch.hash), p])).values()];
  if (epochs.length === 0) return { secrets: new Map(), answers: [] };
  const threshold = Math.max(...epochs.map((p) => p.shares.record.threshold));
  const collected: Release.Release[] = [];
  const answers = await gather(network, epochs, ticket, threshold, collected);
  if (collected.length < threshold) throw new TooFewCustodiansError(threshold, answers);
  const secrets = new Map<string, Uint8Array>();
  for (const [i, { epoch, shares, place }] of epochs.entries()) {
    const secret = await combine(collected.slice(0, threshold).map((r) => r.shares[i]!));
    // Every share was the one committed to, so what does not fit together is the dealer's fault.
    const dealer = Dealers.blamed(shares);
    if (!Epoch.opensLock(epoch, secret))
      throw new TamperedError('SHARES_MISDEALT', `${dealer} dealt shares that do not open it`, place);
    // Stops: a dealing that opens for these custodians and not for others.
    if (!Shares.commitsTo(shares, epoch, secret))
      throw new TamperedError('SHARES_MISDEALT', `${dealer} dealt some custodian a false share`, place);
    secrets.set(toHex(epoch.hash), secret);
  }
  return { secrets, answers };
}

/** Asks all custodians at once and settles as soon as enough told the truth. */
async function gather(
  network: Network,
  epochs: Proven[],
  ticket: Ticket,
  threshold: number,
  collected: Release.Release[],
): Promise<Answer[]> {
  const oneTimeKey = await Hpke.publicKeyOf(ticket.oneTimeSeed);
  const body = encodeAskRelease({
    ...ticket,
    oneTimeKey,
    epochs: epochs.map((p) => ({
      epoch: p.epoch.bytes,
      shares: p.shares.bytes,
      segmentHeader: p.segment.headerBytes,
      receipt: p.receipt,
    })),
  });
  const answers: Answer[] = [];
  const asks = network.custodians.map(async (service, i) => {
    const custodian = i + 1;
    try {
      const key = network.chain.state.custodians.get(custodian)?.signingKey;
      if (!key) throw new UnknownCustodianError(custodian);
      const bytes = await Http.post(service, '/v1/release', body);
      const release = await opened(bytes, ticket, fromHex(key));
      const lie = release ? lieOf(release, ticket, custodian, epochs) : 'RELEASE_UNREADABLE';
      if (release && !lie) collected.push(release);
      answers.push({ custodian, ...(lie ? { outcome: 'lied', code: lie } : { outcome: 'released' }) });
    } catch (error) {
      const known = error instanceof IsletError;
      answers.push({
        custodian,
        outcome: 'failed',
        code: known ? error.code : 'CUSTODIAN_FAILED',
        message: known ? error.message : 'no answer',
      });
    }
  });
  // Enough, or all have answered. A liar that answers later is not waited for: the data open without it.
  await new Promise<void>((resolve) => {
    let left = asks.length;
    for (const ask of asks)
      void ask.then(() => {
        left--;
        if (left === 0 || collected.length >= threshold) resolve();
      });
  });
  return [...answers];
}

/** The release, where it is sealed to our one-time key, is for our request, and this custodian signed it. */
async function opened(
  bytes: Uint8Array,
  { requestId, oneTimeSeed }: Ticket,
  signingKey: Uint8Array,
): Promise<Release.Release | undefined> {
  try {
    return await Release.open(bytes, requestId, oneTimeSeed, signingKey);
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

/** What is false in a signed release: it must be about our request and epochs, with exactly the shares dealt. */
function lieOf(
  { note, shares }: Release.Release,
  { requestId }: Ticket,
  custodian: number,
  epochs: Proven[],
): string | undefined {
  const named =
    equal(note.requestId, requestId) &&
    note.custodian === custodian &&
    note.epochs.length === epochs.length &&
    epochs.every((p, i) => equal(note.epochs[i]!, p.epoch.hash));
  if (!named) return 'RELEASE_MISNAMED';
  return epochs.every((p, i) => Shares.isShare(p.shares, custodian, shares[i]!)) ? undefined : 'SHARE_FALSE';
}

export class TooFewCustodiansError extends IsletError {
  override readonly name = 'TooFewCustodiansError';
  readonly answers: Answer[];
  constructor(threshold: number, answers: Answer[]) {
    // One refusal by policy says more than "too few": if all who answered gave one code, that is the reason.
    const codes = new Set(answers.filter((a) => a.outcome === 'failed').map((a) => a.code));
    const one = codes.size === 1 ? [...codes][0]! : undefined;
    const policy = one?.startsWith('DENIED_') || one?.startsWith('RELEASE_') ? one : undefined;
    const told = answers
      .map((a) => `custodian ${a.custodian}: ${a.outcome}${a.code ? ` (${a.code})` : ''}`)
      .join(', ');
    super(
      policy ?? 'TOO_FEW_CUSTODIANS',
      `${threshold} custodians must release and fewer did: ${told}. Start those that are down, or ask their operators.`,
    );
    this.answers = answers;
  }
}

export class UnknownCustodianError extends IsletError {
  override readonly name = 'UnknownCustodianError';
  constructor(custodian: number) {
    super(
      'CUSTODIAN_UNKNOWN',
      `The chain lists no custodian ${custodian}, so nothing it says can be checked. Take it out of the list of custodians.`,
    );
  }
}
