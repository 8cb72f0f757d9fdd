// Copyright the Islet authors. AGPL-3.0-or-later.
// What needs no account: checking a file, and how the services are.
import * as ChainOnce from '@islet/client/ChainOnce';
import * as Export from '@islet/client/Export';
import * as ReportStatement from '@islet/client/ReportStatement';
import { unbase64 } from '@islet/core/base64';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { streams as all, type Stream } from '@islet/core/Stream';
import { ReportUnreadableError, shortDigest } from '@islet/fhir/Report';
import * as Code from './Code.js';
import { type Config, config, ledgerUrl, validatorsOf } from './Connection.js';
import { OtherInstallationError } from './OtherInstallationError.js';

/** Recomputes everything that an export says, against the chain as this browser follows it from its first block. */
export async function verify(asked: { text: string }): Promise<Export.Verified> {
  const { deployment } = await config();
  // The file names the chain to be compared with; only ours can be asked from here, and only it is believed.
  const named = genesisOf(asked.text);
  if (named !== undefined && named !== deployment.genesisHash) throw new OtherInstallationError();
  return Export.verify(asked.text, { chainUrl: ledgerUrl(), now: Date.now });
}

/** What a certificate of an erasure proves. */
export type ErasureChecked = {
  account: string;
  /** None: everything. */
  streams: readonly Stream[];
  /** Null where all days went. */
  days: { firstDay: number; lastDay: number } | null;
  requestedAt: number;
  erasedAt: number;
  custodians: number;
  needed: number;
};

/** Checks a certificate of an erasure from its own bytes, and that this installation's validators vouch for it. */
export async function verifyErasure(asked: { text: string }): Promise<ErasureChecked> {
  const [Certificate, told] = [await import('@islet/client/ErasureCertificate'), await config()];
  const { deployment, validators, extent, ...v } = await Certificate.verify(asked.text);
  const ours = new Set(validatorsOf(told).map(toHex));
  const known = validators.every((one) => ours.has(toHex(fromHex(one))));
  // Stops: a certificate over a chain of its maker's own.
  if (deployment.genesisHash !== told.deployment.genesisHash || !known) throw new OtherInstallationError();
  const { streams, firstDay, lastDay } = extent;
  return {
    account: Code.ofAccount(fromHex(v.account)),
    streams: streams.length === all.length ? [] : streams,
    days: firstDay === Day.first && lastDay === Day.last ? null : { firstDay, lastDay },
    ...{ requestedAt: v.requestedAt, erasedAt: v.erasedAt, needed: v.needed },
    custodians: v.receipts.filter((r) => r.role === 'custodian').length,
  };
}

/** What a signed report comes to for whoever checks it: pseudonyms, days, figures. */
export type ReportChecked = {
  /** False where only the code on paper was read: then the paper's figures are to be compared with these. */
  page: boolean;
  patient: string;
  reader: string;
  /** What its figures were made of. */
  stream: string;
  firstDay: number;
  lastDay: number;
  madeAt: number;
  completeUntil: number;
  segments: number;
  metrics: ReportStatement.Metrics;
  digest: string;
  chainHead: number;
};

/** Checks a report file: its statement, its page, and both against the chain as this browser follows it. */
export async function verifyReport(asked: { bytes: Uint8Array }): Promise<ReportChecked> {
  const [{ check }, told] = [await import('@islet/fhir/ReportCheck'), await config()];
  let head = 0;
  const { signed } = await check(asked.bytes, async (report) => {
    const chain = await followed(report.signed, told);
    head = chain.head;
    return chain.view;
  });
  return checkedOf(signed, true, head);
}

/** Checks the statement that a code on paper holds. */
export async function verifyStatement(asked: { text: string }): Promise<ReportChecked> {
  const signed = statementIn(asked.text);
  ReportStatement.checkSignature(signed);
  const { view, head } = await followed(signed, await config());
  ReportStatement.checkOnChain(signed, view);
  return checkedOf(signed, false, head);
}

function statementIn(text: string): ReportStatement.Signed {
  try {
    return ReportStatement.parseSigned(unbase64(text.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    throw new ReportUnreadableError();
  }
}

async function followed({ statement }: ReportStatement.Signed, { deployment, validators }: Config) {
  if (!equal(statement.genesis, fromHex(deployment.genesisHash))) throw new OtherInstallationError();
  return ChainOnce.follow(ledgerUrl(), { deployment, validators }, Date.now);
}

const checkedOf = (
  { statement: s }: ReportStatement.Signed,
  page: boolean,
  chainHead: number,
): ReportChecked => ({
  page,
  patient: Code.ofAccount(s.patient),
  reader: Code.ofAccount(s.reader),
  stream: s.stream,
  firstDay: s.firstDay,
  lastDay: s.lastDay,
  madeAt: s.madeAt,
  completeUntil: s.completeUntil,
  segments: s.verified.segments,
  metrics: s.metrics,
  digest: shortDigest(ReportStatement.digestOf(s)),
  chainHead,
});

function genesisOf(text: string): string | undefined {
  try {
    const file = JSON.parse(text) as { chain?: { deployment?: { genesisHash?: string } } };
    return file.chain?.deployment?.genesisHash;
  } catch {
    return undefined;
  }
}

export type Health = { name: string; ok: boolean; told: Record<string, unknown> | null };

/** What each service says of itself. Counts only. */
export async function health(): Promise<Health[]> {
  const { custodians } = await config();
  const names = [
    'ledger',
    'hub',
    'gateway',
    ...Array.from({ length: custodians }, (_, i) => `custodian-${i + 1}`),
  ];
  return Promise.all(
    names.map(async (name) => {
      try {
        const answer = await fetch(`/s/${name}/health`, { cache: 'no-store' });
        const told = (await answer.json()) as Record<string, unknown>;
        const status = told.status ?? (told.ok === true ? 'ok' : 'degraded');
        return { name, ok: answer.ok && status === 'ok', told };
      } catch {
        return { name, ok: false, told: null };
      }
    }),
  );
}
