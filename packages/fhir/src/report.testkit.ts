// Copyright the Islet authors. AGPL-3.0-or-later.
import * as ReportStatement from '@islet/client/ReportStatement';
import * as Wallet from '@islet/client/Wallet';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Agp from '@islet/core/metrics/Agp';
import * as Points from '@islet/core/metrics/Points';
import * as Summary from '@islet/core/metrics/Summary';
import * as Life from '@islet/sim/Person';
import * as Report from './Report.js';

const dayMs = 86_400_000;
const firstAt = Date.UTC(2026, 4, 4);

/** Bytes that are the same each time. */
const bytes = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);

/** A report of a made-up fortnight, signed, and the chain's view that bears it out. */
export function scene(change: (data: Report.Data) => void = () => {}) {
  const reader = Wallet.create('Dr. Popescu', (length) => bytes(7, length));
  const readings = Life.days('report', { firstAt, days: 14, zone: 'Europe/Berlin' });
  const points = Points.fromReadings(readings);
  const window = { from: firstAt, to: firstAt + 14 * dayMs };
  const summary = Summary.summarise(points, window);
  const firstDay = Day.of(firstAt, 0);
  const data: Report.Data = {
    language: 'en',
    unit: 'mg/dL',
    name: 'Ștefan Müller',
    code: '00000-AAAAA',
    words: Object.fromEntries(words.map((word) => [word, word])),
    statistics: summary,
    sensorActivePercent: summary.sensorActivePercent,
    agp: Agp.of(points, 30),
    episodes: [
      { level: 'hypo1', count: 3, perDay: 0.21, longestMinutes: 45 },
      { level: 'hyper1', count: 20, perDay: 1.43, longestMinutes: 190 },
    ],
    days: Array.from({ length: 14 }, (_, i) => ({
      day: firstDay + i,
      points: points
        .filter((p) => Math.floor((p.at - firstAt) / dayMs) === i)
        .map((p): [number, number] => [((p.at - firstAt) % dayMs) / 60_000, p.mgdl]),
    })),
  };
  change(data);
  const anchors = { [`${'ab'.repeat(32)}/1`]: 'cd'.repeat(32), [`${'ab'.repeat(32)}/2`]: 'ef'.repeat(32) };
  const statement: ReportStatement.Statement = {
    genesis: bytes(1),
    patient: bytes(2),
    reader: reader.account,
    requestId: bytes(3),
    stream: 'glucose/raw',
    firstDay,
    lastDay: firstDay + 13,
    completeUntil: firstAt + 14 * dayMs,
    madeAt: firstAt + 15 * dayMs,
    verified: { segments: 28, receipts: 28, heads: 1, chainHead: 99 },
    metrics: Report.metricsOf(data),
    anchorsHash: ReportStatement.anchorsHash(anchors),
    dataHash: Report.dataHash(data),
  };
  const report: Report.Report = {
    signed: ReportStatement.sign(statement, reader),
    chain: { deployment: {}, validators: [] },
    anchors,
    address: 'https://islet.example.org',
    data,
  };
  const decision = {
    patient: toHex(statement.patient),
    reader: toHex(reader.account),
    reason: 0,
    scope: { firstDay, lastDay: firstDay + 13 },
  };
  const view = {
    accounts: new Map([[toHex(reader.account), { signers: new Set([toHex(report.signed.signer)]) }]]),
    decisions: new Map([[toHex(statement.requestId), decision]]),
    roots: new Map(Object.entries(anchors)),
  };
  return { report, reader, view, decision };
}

const words = [
  ...[
    'title',
    'patient',
    'period',
    'completeUntil',
    'sufficiency',
    'ranges',
    'agp',
    'agpLegend',
    'episodes',
    'daily',
  ],
  ...['count', 'perDay', 'longest', 'hypo1', 'hyper1', 'signedBy', 'checked', 'digest', 'made', 'scan'],
  ...['notDevice', 'mean', 'gmi', 'cv', 'sd', 'gri', 'tight', 'wear'],
  ...['veryHigh', 'high', 'inRange', 'low', 'veryLow'],
];
