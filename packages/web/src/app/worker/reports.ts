// Copyright the Islet authors. AGPL-3.0-or-later.
// A clinician's report: asked for, opened, verified, computed, and signed where it is taken along.
import * as Access from '@islet/client/Access';
import * as Held from '@islet/client/Held';
import type { Progress } from '@islet/client/Person';
import * as ReportStatement from '@islet/client/ReportStatement';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Rolling from '@islet/core/Rolling';
import * as Span from '@islet/core/Span';
import * as FileReport from '@islet/fhir/Report';
import * as Code from './Code.js';
import { validatorsOf } from './Connection.js';
import { type Erased, erasedIn } from './data.js';
import * as Figures from './Figures.js';
import { NothingReadError } from './NothingReadError.js';
import * as Session from './Session.js';

export type Report = {
  figures: Figures.Figures;
  verified: Access.Opened['verified'];
  custodians: Access.Opened['custodians'];
  requestId: string;
  madeAt: number;
  /** What of these days the patient erased. */
  erased: Erased[];
};

/** `reason` is for an emergency: the patient reads it. */
type AskedReport = { account: string; grant: string; days: number; reason?: string };
type Unsigned = Omit<ReportStatement.Statement, 'metrics' | 'dataHash'>;

/** The report that was opened last, to be signed if its reader wants to take it along. */
let latest: { unsigned: Unsigned; anchors: ReportStatement.Anchors; figures: Figures.Figures } | undefined;

/** Asks, opens, verifies and only then computes. A refusal is thrown, and is on record. */
export async function report(asked: AskedReport, onProgress: Progress): Promise<Session.Shown<Report>> {
  const look = () => lookInto(asked, onProgress);
  // What an emergency opened is not there to be read again without stating why.
  if (asked.reason !== undefined) return { ...(await look()), asOf: null };
  return Session.shown(`report ${asked.grant}`, String(asked.days), look);
}

async function lookInto(
  asked: AskedReport,
  onProgress: Progress,
): Promise<Report & { until: number | null }> {
  const { network, vault, config } = await Session.need();
  const { wallet } = vault.keeper;
  onProgress('asking', 0, 1);
  const held = (await Held.from(network, wallet, fromHex(asked.account))).find(
    (h) => toHex(h.grantId) === asked.grant,
  );
  const now = network.now();
  const here = -new Date().getTimezoneOffset();
  const granted = held?.keys.streams.map((k) => k.stream) ?? [];
  const stream = Figures.resolutions.find((s) => granted.includes(s)) ?? 'glucose/raw';
  const { firstDay, lastDay } = daysOf(asked, held?.message, stream, now, here);
  const wanted = { streams: Figures.neededFor(stream, granted), firstDay, lastDay };
  const { reason } = asked;
  const opened = held
    ? reason === undefined
      ? await Access.granted(network, wallet, held, wanted)
      : await Access.inEmergency(network, wallet, held, wanted, reason)
    : await Access.withoutGrant(network, wallet, fromHex(asked.account), wanted);
  // Readings say where they were made; summaries do not, and need it only for a day that is not over.
  const newest = Figures.readingsOf(opened.segments).at(-1);
  const dayOffsetMinutes = newest?.offsetMinutes ?? here;
  const figures = Figures.of(stream, opened.segments, { firstDay, lastDay, dayOffsetMinutes, now });
  const anchors = ReportStatement.anchorsOf(opened.served);
  const { completeUntil, ...verified } = opened.verified;
  const unsigned: Unsigned = {
    genesis: fromHex(config.deployment.genesisHash),
    patient: fromHex(asked.account),
    reader: wallet.account,
    requestId: fromHex(opened.requestId),
    // What the figures are of: a report's own days, or whole weeks, may be fewer than were asked for.
    stream: figures.source,
    firstDay: figures.firstDay,
    lastDay: figures.lastDay,
    completeUntil,
    madeAt: now,
    verified,
    anchorsHash: ReportStatement.anchorsHash(anchors),
  };
  latest = { unsigned, anchors, figures };
  return {
    figures,
    verified: opened.verified,
    custodians: opened.custodians,
    requestId: opened.requestId,
    madeAt: now,
    erased: erasedIn(opened.erased, firstDay, lastDay),
    until: held ? held.onChain.expiresAt * 1000 : null,
  };
}

/** The days to ask for: of those granted the newest, as many as asked, and whole weeks or reports of these. */
function daysOf(
  asked: AskedReport,
  message: Held.Held['message'] | undefined,
  stream: Figures.Resolution,
  now: number,
  here: number,
): { firstDay: number; lastDay: number } {
  const rolls = message !== undefined && message.rollingDays > 0;
  // A window that moves does so where the grant says; without one, the reader's own clock does.
  const today = Day.of(now, rolls ? message.offsetMinutes : here);
  const first = message?.firstDay ?? today - 13;
  const oldest = rolls ? Rolling.firstDay(now, message.offsetMinutes, message.rollingDays) : first;
  const from = Math.max(first, oldest);
  const lastDay = Math.max(from, Math.min(message?.lastDay ?? today, today));
  // What is of several days is asked for wherever it may be seen: the newest is chosen of what there is.
  if (Span.lengthOf(stream) > 1) return { firstDay: from, lastDay };
  // Today is not over: so many whole days beside it.
  return { firstDay: Math.max(from, lastDay - asked.days + (lastDay === today ? 0 : 1)), lastDay };
}

type AskedPage = {
  requestId: string;
  language: string;
  unit: FileReport.Data['unit'];
  words: Record<string, string>;
};

/** The report opened last as a signed page: PDF, with the statement inside. Throws `WEB_NOTHING_READ`. */
export async function reportPdf(asked: AskedPage): Promise<{ bytes: Uint8Array; name: string }> {
  const { vault, config } = await Session.need();
  if (!latest || toHex(latest.unsigned.requestId) !== asked.requestId) throw new NothingReadError();
  const { unsigned, anchors, figures } = latest;
  const account = toHex(unsigned.patient);
  const isRaw = figures.source === 'glucose/raw';
  const data: FileReport.Data = {
    language: asked.language,
    unit: asked.unit,
    name: vault.keeper.notes.contacts?.[account] ?? '',
    code: Code.ofAccount(unsigned.patient),
    words: asked.words,
    statistics: figures.statistics,
    sensorActivePercent: figures.sensorActivePercent,
    agp: figures.agp,
    episodes:
      figures.episodes?.map(({ level, perDay, list }) => ({
        level,
        count: list.length,
        perDay,
        longestMinutes: Math.max(0, ...list.map((e) => e.minutes)),
      })) ?? null,
    days: isRaw ? figures.daily.slice(-picturedDays).map(({ day, points }) => ({ day, points })) : [],
    ...(!isRaw && {
      spans: figures.daily.map(({ day, lastDay, meanMgDl, inRangePercent }) => ({
        ...{ firstDay: day, lastDay, meanMgDl, inRangePercent },
      })),
    }),
  };
  const statement = { ...unsigned, metrics: FileReport.metricsOf(data), dataHash: FileReport.dataHash(data) };
  const { render } = await import('@islet/fhir/ReportPdf');
  const bytes = await render({
    signed: ReportStatement.sign(statement, vault.keeper.wallet),
    chain: { deployment: config.deployment, validators: validatorsOf(config).map(toHex) },
    anchors,
    address: location.origin,
    data,
  });
  const span = `${Day.format(unsigned.firstDay)}-${Day.format(unsigned.lastDay)}`;
  return { bytes, name: `islet-report-${span}.pdf` };
}

/** More do not fit on the page. */
const picturedDays = 14;
