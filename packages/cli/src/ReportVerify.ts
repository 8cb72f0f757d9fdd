// Copyright the Islet authors. AGPL-3.0-or-later.
import { open } from 'node:fs/promises';
import * as Deployment from '@islet/chain/Deployment';
import * as ChainOnce from '@islet/client/ChainOnce';
import * as ReportStatement from '@islet/client/ReportStatement';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { shortDigest } from '@islet/fhir/Report';
import { REPORT_BYTES } from './limits.js';
import * as OtherChain from './OtherChain.js';

export type Verified = {
  patient: string;
  reader: string;
  /** What the figures were made of. */
  stream: string;
  firstDay: string;
  lastDay: string;
  metrics: ReportStatement.Metrics;
  digest: string;
  against: string;
  chainHead: number | null;
};

/** The bytes of a PDF, or undefined where the file is none or cannot be read. */
export async function bytesOf(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(5), 0, 5, 0);
    if (bytesRead < 5 || buffer.toString('latin1') !== '%PDF-') return undefined;
    if ((await file.stat()).size > REPORT_BYTES) return undefined;
    return new Uint8Array(await file.readFile());
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Checks a signed report by itself, and against the chain behind an address. Throws `REPORT_TAMPERED`, `CLI_OTHER_CHAIN`. */
export async function verify(
  bytes: Uint8Array,
  chainUrl: string | undefined,
  known: Deployment.Deployment | undefined,
  now: () => number,
): Promise<Verified> {
  // Only here: whoever checks no report does not load what draws one.
  const { check } = await import('@islet/fhir/ReportCheck');
  let chainHead: number | null = null;
  const { signed } = await check(bytes, async ({ chain, signed: { statement } }) => {
    const deployment = Deployment.parse(JSON.stringify(chain.deployment));
    OtherChain.refuse(deployment, known);
    if (!equal(statement.genesis, fromHex(deployment.genesisHash)))
      throw new ReportStatement.ReportTamperedError('the chain', 'it is not the one of the statement');
    if (chainUrl === undefined) return null;
    const followed = await ChainOnce.follow(chainUrl, { deployment, validators: chain.validators }, now);
    chainHead = followed.head;
    return followed.view;
  });
  const { statement: s } = signed;
  return {
    patient: toHex(s.patient),
    reader: toHex(s.reader),
    stream: s.stream,
    firstDay: Day.format(s.firstDay),
    lastDay: Day.format(s.lastDay),
    metrics: s.metrics,
    digest: shortDigest(ReportStatement.digestOf(s)),
    against:
      chainHead === null
        ? 'its signature (give --chain to compare with the chain)'
        : `the chain at block ${chainHead}`,
    chainHead,
  };
}

export const text = (v: Verified): string =>
  `All holds: the report of ${v.firstDay} to ${v.lastDay} shows what reader ${v.reader.slice(0, 8)}… signed, against ${v.against}. Statement ${v.digest}.`;
