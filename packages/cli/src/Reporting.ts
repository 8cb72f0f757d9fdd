// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import * as Erased from '@islet/client/Erased';
import * as Held from '@islet/client/Held';
import type { Network } from '@islet/client/Network';
import type { Wallet } from '@islet/client/Wallet';
import { equal } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Counts from '@islet/core/metrics/Counts';
import * as Points from '@islet/core/metrics/Points';
import * as Metrics from '@islet/core/metrics/Summary';
import type { Stream } from '@islet/core/Stream';

export type Report = {
  stream: Stream;
  from: string;
  to: string;
  metrics: Metrics.Statistics & { sensorActivePercent: number | null };
  sufficient: boolean;
  verified: Access.Opened['verified'];
  custodians: Access.Opened['custodians'];
  /** What of these days was erased, in sentences. */
  erased: string[];
  requestId: string;
};

/** The finest first: what a reader sees when they do not say. */
const finest = ['glucose/raw', 'glucose/hour', 'glucose/day'] as const satisfies Stream[];

/** Asks, opens, verifies and only then computes. A refusal is thrown, and is on record. */
export async function report(
  network: Network,
  reader: Wallet,
  patient: { account: Uint8Array; dayOffsetMinutes: number },
  wanted: { stream?: Stream; firstDay: Day.Day; lastDay: Day.Day },
): Promise<Report> {
  const { firstDay, lastDay } = wanted;
  const own = equal(reader.account, patient.account);
  const held = own ? [] : await Held.from(network, reader, patient.account);
  const stream = wanted.stream ?? (own ? 'glucose/raw' : finestGranted(held, network.now()));
  const ask = { streams: [stream], firstDay, lastDay };
  const grant = own ? undefined : Held.best(held, { stream, firstDay, lastDay }, network.now());
  const opened = own
    ? await Access.own(network, reader, ask)
    : grant
      ? await Access.granted(network, reader, grant, ask)
      : await Access.withoutGrant(network, reader, patient.account, ask);
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
    verified: opened.verified,
    custodians: opened.custodians,
    erased: opened.erased.map(Erased.sentence),
    requestId: opened.requestId,
  };
}

function finestGranted(held: Held.Held[], now: number): Stream {
  const alive = held.filter((h) => h.onChain.revokedAt === null && h.onChain.expiresAt * 1000 > now);
  const among = alive.length > 0 ? alive : held;
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
    if (content.kind !== 'summary') continue;
    intervalMinutes = content.summary.intervalMinutes;
    // Two gateways that heard one day have each its summary of it: adding them would count what both heard twice.
    for (const { index, counts } of content.summary.parts) {
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
