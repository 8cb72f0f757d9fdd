// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import * as Erased from '@islet/client/Erased';
import * as Held from '@islet/client/Held';
import type { Network } from '@islet/client/Network';
import type { Wallet } from '@islet/client/Wallet';
import type * as Content from '@islet/core/Content';
import { equal } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as GrantKeys from '@islet/core/GrantKeys';
import * as Counts from '@islet/core/metrics/Counts';
import * as Histogram from '@islet/core/metrics/Histogram';
import * as Points from '@islet/core/metrics/Points';
import * as Metrics from '@islet/core/metrics/Summary';
import * as Span from '@islet/core/Span';
import type { Stream } from '@islet/core/Stream';

export type Report = {
  stream: Stream;
  from: string;
  to: string;
  metrics: Metrics.Statistics & { sensorActivePercent: number | null };
  sufficient: boolean;
  /** Of `glucose/report`: percentiles by hour of the stream day, mg/dL, each within 5 of the readings’ own. */
  profile?: Profile;
  verified: Access.Opened['verified'];
  custodians: Access.Opened['custodians'];
  /** What of these days was erased, in sentences. */
  erased: string[];
  requestId: string;
};

type Profile = ({ hour: number } & Record<`p${'05' | '25' | '50' | '75' | '95'}`, number>)[];

/** The finest first: what a reader sees when they do not say. */
const finest = [
  'glucose/raw',
  'glucose/hour',
  'glucose/day',
  'glucose/week',
  'glucose/report',
] as const satisfies Stream[];

/** Asks, opens, verifies and only then computes. A refusal is thrown, and is on record. */
export async function report(
  network: Network,
  reader: Wallet,
  patient: { account: Uint8Array; dayOffsetMinutes: number },
  wanted: { stream?: Stream; firstDay: Day.Day; lastDay: Day.Day },
): Promise<Report> {
  const own = equal(reader.account, patient.account);
  const held = own ? [] : await Held.from(network, reader, patient.account);
  const stream = wanted.stream ?? (own ? 'glucose/raw' : finestGranted(held, network.now()));
  return reportUnder(network, patient, { ...wanted, stream }, (ask) => {
    if (own) return Access.own(network, reader, ask);
    const { firstDay, lastDay } = ask;
    const grant = Held.best(held, { stream, firstDay, lastDay }, network.now());
    return grant
      ? Access.granted(network, reader, grant, ask)
      : Access.withoutGrant(network, reader, patient.account, ask);
  });
}

/** A report of what `open` opens: of the whole spans of the stream in the days wanted. */
export async function reportUnder(
  network: Network,
  patient: { account: Uint8Array; dayOffsetMinutes: number },
  { stream, ...wanted }: { stream: Stream; firstDay: Day.Day; lastDay: Day.Day },
  open: (ask: Access.Wanted) => Promise<Access.Opened>,
): Promise<Report> {
  const whole = Span.within(stream, wanted);
  if (!whole) throw new GrantKeys.NoWholeSpanError(stream);
  const { firstDay, lastDay } = whole;
  const opened = await open({ streams: [stream], firstDay, lastDay });
  const window = {
    from: Day.startOf(firstDay, patient.dayOffsetMinutes),
    to: Math.min(
      Day.endOf(lastDay, patient.dayOffsetMinutes),
      Math.max(network.now(), Day.startOf(firstDay, patient.dayOffsetMinutes) + 1),
    ),
  };
  const { metrics, sufficient } =
    stream === 'glucose/raw' ? fromReadings(opened, window) : fromSummaries(opened, window);
  return {
    stream,
    from: Day.format(firstDay),
    to: Day.format(lastDay),
    metrics,
    sufficient,
    ...(stream === 'glucose/report' && { profile: profileOf(opened) }),
    verified: opened.verified,
    custodians: opened.custodians,
    erased: opened.erased.map(Erased.sentence),
    requestId: opened.requestId,
  };
}

function finestGranted(held: Held.Held[], now: number): Stream {
  const alive = held.filter((h) => h.onChain.revokedAt === null && h.onChain.expiresAt * 1000 > now);
  // Who breaks the glass says so; nobody does it by asking for a report.
  const ordinary = alive.filter((h) => !h.message.emergency);
  const among = ordinary.length > 0 ? ordinary : alive.length > 0 ? alive : held;
  return finest.find((s) => among.some((h) => h.keys.streams.some((k) => k.stream === s))) ?? 'glucose/raw';
}

function fromReadings(opened: Access.Opened, window: Points.Window) {
  const readings = opened.segments.flatMap((s) => (s.content.kind === 'readings' ? s.content.readings : []));
  const summary = Metrics.summarise(Points.fromReadings(readings), window);
  return { metrics: only(summary, summary.sensorActivePercent), sufficient: summary.sufficient };
}

function fromSummaries(opened: Access.Opened, window: Points.Window) {
  const fullest = new Map<string, Counts.Counts>();
  let intervalMinutes = 5;
  for (const { day, content } of opened.segments) {
    if (content.kind === 'readings') continue;
    const told = content.kind === 'report' ? content.report : content.summary;
    intervalMinutes = told.intervalMinutes;
    // Two gateways that heard one day have each its summary of it: adding them would count what both heard twice.
    for (const { index, counts } of 'parts' in told ? told.parts : [{ index: 0, counts: told.counts }]) {
      const place = `${day}/${index}`;
      const known = fullest.get(place);
      if (!known || counts.n > known.n) fullest.set(place, counts);
    }
  }
  const counts = [...fullest.values()].reduce(Counts.add, Counts.empty);
  const minutes = (window.to - window.from) / 60_000;
  const active = counts.n === 0 ? 0 : Math.min(100, (100 * counts.n * intervalMinutes) / minutes);
  const sufficient = minutes >= 14 * 1440 - 60 && active >= 70;
  return { metrics: only(Metrics.fromCounts(counts), active), sufficient };
}

/** Of several reports together, and of two gateways' reports of the same days the fuller one. */
function profileOf(opened: Access.Opened): Profile {
  const fullest = new Map<number, Content.Report>();
  for (const { day, content } of opened.segments) {
    if (content.kind !== 'report' || day === null) continue;
    const known = fullest.get(day);
    if (!known || content.report.counts.n > known.counts.n) fullest.set(day, content.report);
  }
  const byHour = new Map<number, Histogram.Histogram>();
  for (const { hours } of fullest.values())
    for (const { hour, bins } of hours)
      byHour.set(
        hour,
        [...(byHour.get(hour) ?? []), ...bins].sort(([a], [b]) => a - b),
      );
  return [...byHour]
    .sort(([a], [b]) => a - b)
    .map(([hour, bins]) => {
      const at = (p: number): number => Histogram.quantile(bins, p)!;
      return { hour, p05: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) };
    });
}

const only = (s: Metrics.Statistics, sensorActivePercent: number | null): Report['metrics'] => ({
  n: s.n,
  meanMgDl: s.meanMgDl,
  sdMgDl: s.sdMgDl,
  cvPercent: s.cvPercent,
  gmiPercent: s.gmiPercent,
  veryLowPercent: s.veryLowPercent,
  lowPercent: s.lowPercent,
  inRangePercent: s.inRangePercent,
  tightRangePercent: s.tightRangePercent,
  highPercent: s.highPercent,
  veryHighPercent: s.veryHighPercent,
  gri: s.gri,
  sensorActivePercent,
});
