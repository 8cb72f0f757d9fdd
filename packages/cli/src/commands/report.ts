// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { isStream } from '@islet/core/Stream';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { rangeOf } from '../Dates.js';
import * as People from '../People.js';
import { type Report, report } from '../Reporting.js';

type Options = { as: string; from: string; to: string; stream?: string; person: string; json?: boolean };

export function registerReport(program: Command, context: Context): void {
  program
    .command('report')
    .description('what a reader may see: verified first, computed after')
    .requiredOption('--as <name>', 'who looks')
    .requiredOption('--from <date>', 'the first day')
    .requiredOption('--to <date>', 'the last day')
    .option('--stream <name>', 'glucose/raw, hour, day, week or report (default: the finest granted)')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home } = context;
  const patient = await People.need(home, options.person);
  const reader = await People.need(home, options.as);
  const { stream } = options;
  if (stream !== undefined && !(isStream(stream) && /^glucose\/(?!live$)/.test(stream)))
    throw new NoReportError();
  await using network = await connect(home);
  const account = { account: patient.wallet.account, dayOffsetMinutes: patient.notes.dayOffsetMinutes ?? 0 };
  const made = await report(network, reader.wallet, account, {
    ...rangeOf(options.from, options.to),
    ...(stream && { stream }),
  });
  context
    .output(options)
    .result({ person: options.person, reader: options.as, ...made }, text(made, options.person));
}

function profile({ profile: hours = [] }: Report): string[] {
  if (hours.length === 0) return [];
  const cell = (value: number): string => value.toFixed(0).padStart(5);
  return [
    '',
    '  hour     5 %  25 %   50 %  75 %  95 %   (mg/dL, each within 5 of the readings’ own)',
    ...hours.map(
      (h) =>
        `  ${String(h.hour).padStart(2, '0')}:00  ${[h.p05, h.p25, h.p50, h.p75, h.p95].map(cell).join(' ')}`,
    ),
    '',
  ];
}

/** A report as people read it. */
export function text(r: Report, person: string): string {
  const { metrics: m, verified: v } = r;
  const figure = (value: number | null, unit: string, digits = 1): string =>
    value === null ? '–' : `${value.toFixed(digits)}${unit}`;
  const bar = (percent: number | null): string => '█'.repeat(Math.round((percent ?? 0) / 4));
  const band = (name: string, range: string, percent: number | null): string =>
    `  ${name.padEnd(10)} ${range.padStart(8)} mg/dL ${figure(percent, ' %').padStart(8)}  ${bar(percent)}`;
  const liars = r.custodians
    .filter((c) => c.outcome === 'lied')
    .map((c) => `Custodian ${c.custodian} gave a false share and is named; the others opened the data.`);
  return [
    `Glucose of ${person}, ${r.from} to ${r.to}, from ${r.stream}`,
    '',
    `  readings ${m.n}    mean ${figure(m.meanMgDl, ' mg/dL', 0)}    SD ${figure(m.sdMgDl, ' mg/dL', 0)}    CV ${figure(m.cvPercent, ' %')}    GMI ${figure(m.gmiPercent, ' %')}    GRI ${figure(m.gri, '', 0)}`,
    '',
    band('very high', '> 250', m.veryHighPercent),
    band('high', '181–250', m.highPercent),
    band('in range', '70–180', m.inRangePercent),
    band('low', '54–69', m.lowPercent),
    band('very low', '< 54', m.veryLowPercent),
    `  tight range 70–140: ${figure(m.tightRangePercent, ' %')}    sensor active: ${figure(m.sensorActivePercent, ' %')}`,
    ...profile(r),
    r.sufficient
      ? ''
      : '  Fewer than 14 days or less than 70 % of readings: not enough to judge treatment by.',
    `  Verified: ${v.segments} sealed segments, ${v.receipts} receipts, chain at block ${v.chainHead}; complete until ${new Date(v.completeUntil).toISOString()}, unknown after.`,
    ...r.erased.map((one) => `  ${one}`),
    ...liars.map((l) => `  ${l}`),
    '  Islet is not a medical device.',
  ].join('\n');
}

export class NoReportError extends IsletError {
  override readonly name = 'NoReportError';
  constructor() {
    super(
      'CLI_NO_REPORT',
      'A report is made from glucose/raw, glucose/hour, glucose/day, glucose/week or glucose/report.',
    );
  }
}
