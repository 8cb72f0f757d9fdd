// Copyright the Islet authors. AGPL-3.0-or-later.
import * as ReportStatement from '@islet/client/ReportStatement';
import { base64, unbase64 } from '@islet/core/base64';
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { domainHash } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import type { Bin } from '@islet/core/metrics/Agp';
import type { Statistics } from '@islet/core/metrics/Summary';

/** One day as a small picture: minutes of the local day with mg/dL. */
export type DayPicture = { day: number; points: [minute: number, mgdl: number][] };

/** What a day or a week comes to, where no single value was seen. */
export type SpanFigures = {
  firstDay: number;
  lastDay: number;
  meanMgDl: number | null;
  inRangePercent: number | null;
};

/** Everything that the page shows: numbers, and the words around them in the reader's language. */
export type Data = {
  language: string;
  unit: 'mg/dL' | 'mmol/L';
  /** What the reader calls the patient; may be empty. */
  name: string;
  /** The patient's code, as people write it. */
  code: string;
  words: Record<string, string>;
  statistics: Statistics;
  sensorActivePercent: number | null;
  agp: Bin[] | null;
  episodes: { level: string; count: number; perDay: number | null; longestMinutes: number }[] | null;
  days: DayPicture[];
  /** In place of pictures, where the data are averages. */
  spans?: SpanFigures[];
};

/** What a report file holds beside its page: the signed statement, and all that it takes to check it. */
export type Report = {
  signed: ReportStatement.Signed;
  /** As in an export: where to ask, and whom to believe. */
  chain: { deployment: unknown; validators: string[] };
  anchors: ReportStatement.Anchors;
  /** Where anyone can check it, without a route. */
  address: string;
  data: Data;
};

/** Hundredths of what the core computed: what is signed, and what is drawn. */
export function metricsOf({ statistics: s, sensorActivePercent }: Data): ReportStatement.Metrics {
  const hundredths = (value: number | null): number | null =>
    value === null ? null : Math.round(value * 100);
  return {
    mean: hundredths(s.meanMgDl),
    sd: hundredths(s.sdMgDl),
    cv: hundredths(s.cvPercent),
    gmi: hundredths(s.gmiPercent),
    gri: hundredths(s.gri),
    wear: hundredths(sensorActivePercent),
    tight: hundredths(s.tightRangePercent),
    veryHigh: hundredths(s.veryHighPercent),
    high: hundredths(s.highPercent),
    inRange: hundredths(s.inRangePercent),
    low: hundredths(s.lowPercent),
    veryLow: hundredths(s.veryLowPercent),
  };
}

export const dataHash = (data: Data): Uint8Array =>
  domainHash('islet/report-data/v1', utf8(JSON.stringify(data)));

/** The attachment's text. The same report always has the same text. */
export const format = ({ signed, ...rest }: Report): string =>
  `${JSON.stringify({ islet: 'report', version: 1, signed: base64(ReportStatement.encodeSigned(signed)), ...rest })}\n`;

/** Throws `REPORT_UNREADABLE`. */
export function parse(text: string): Report {
  try {
    const { islet, version, signed, chain, anchors, address, data } = JSON.parse(text);
    const report = {
      signed: ReportStatement.parseSigned(unbase64(signed)),
      chain,
      anchors,
      address,
      data,
    } as Report;
    if (islet !== 'report' || version !== 1 || format(report) !== text) throw new RangeError('form');
    metricsOf(report.data);
    return report;
  } catch {
    throw new ReportUnreadableError();
  }
}

/** Characters of the statement's digest that people compare by eye, in groups. */
export const shortDigest = (digest: Uint8Array): string =>
  (toHex(digest).slice(0, 32).match(/.{4}/g) ?? []).join(' ');

export class ReportUnreadableError extends IsletError {
  override readonly name = 'ReportUnreadableError';
  constructor() {
    super(
      'REPORT_UNREADABLE',
      'The file is not a signed report of Islet, or what was attached to it is gone. Ask for the file as it was saved.',
    );
  }
}
