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
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Proven } from './Verification.js';

/** What a custodian did with our question. */
export type Answer = {
  custodian: number;
  outcome: 'released' | 'lied' | 'failed';
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
 * gateway committed to convicts its custodian: it is named and the others go on.
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
  for (const [i, { epoch }] of epochs.entries()) {
    const secret = await combine(collected.slice(0, threshold).map((r) => r.shares[i]!));
    // Every share was the one committed to, so a wrong secret is the dealer's fault, the gateway's.
    if (!Epoch.opensLock(epoch, secret)) throw new Epoch.WrongLockError();
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
      const release = await opened(network, custodian, await Http.post(service, '/v1/release', body), ticket);
      const honest = release && told(release, custodian, epochs);
      if (release && honest) collected.push(release);
      answers.push({ custodian, outcome: honest ? 'released' : 'lied' });
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

async function opened(
  network: Network,
  custodian: number,
  bytes: Uint8Array,
  ticket: Ticket,
): Promise<Release.Release | undefined> {
  const key = network.chain.state.custodians.get(custodian)?.signingKey;
  if (!key) return undefined;
  try {
    return await Release.open(bytes, ticket.requestId, ticket.oneTimeSeed, fromHex(key));
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

/** Whether a release is about our request and epochs, with exactly the shares that were dealt. */
function told(release: Release.Release, custodian: number, epochs: Proven[]): boolean {
  const { note, shares } = release;
  return (
    note.custodian === custodian &&
    note.epochs.length === epochs.length &&
    epochs.every(
      (p, i) => equal(note.epochs[i]!, p.epoch.hash) && Shares.isShare(p.shares, custodian, shares[i]!),
    )
  );
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
