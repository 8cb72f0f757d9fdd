// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import * as Gateways from '@islet/client/Gateways';
import * as Kept from '@islet/client/Kept';
import type { Network } from '@islet/client/Network';
import * as Day from '@islet/core/Day';
import * as Gaps from '@islet/core/metrics/Gaps';
import * as Points from '@islet/core/metrics/Points';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { dayOf, rangeOf } from '../Dates.js';
import * as People from '../People.js';

type Options = { from?: string; to?: string; person: string; json?: boolean };

/** Days shown where none are named. */
const usual = 14;

export function registerReceipts(program: Command, context: Context): void {
  program
    .command('receipts')
    .description('day by day: what was received, stored and anchored, and where glucose is missing')
    .option('--from <date>', `the first day (default: ${usual} days back)`)
    .option('--to <date>', 'the last day (default: today)')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

/** One day; its segments of all streams together. */
type Line = {
  day: string;
  received: number;
  glucose: number;
  segments: number;
  stored: number;
  anchored: number;
  closed: boolean;
  gaps: Gaps.Gap[];
};

async function run(context: Context, options: Options): Promise<void> {
  const { home, now } = context;
  const person = await People.need(home, options.person);
  const offset = person.notes.dayOffsetMinutes ?? 0;
  const to = options.to ?? Day.format(Day.of(now(), offset));
  const from = options.from ?? Day.format(Math.max(Day.first, dayOf(to, '--to') - usual + 1));
  const { firstDay, lastDay } = rangeOf(from, to);
  await using network = await connect(home);
  const told = await Kept.kept(Gateways.of(network, person), person.wallet, firstDay, lastDay);
  const isThere = told.days.some(({ stream }) => stream === 'glucose/raw');
  const seen = isThere ? await opened(network, person, firstDay, lastDay) : nothing;
  const days: Line[] = [];
  for (let day = firstDay; day <= lastDay; day++) days.push(line(Day.format(day), told, gapsOf(day)));
  const { completeUntil } = seen;
  context
    .output(options)
    .result({ person: options.person, completeUntil, backlog: told.backlog, days }, text(days, told, offset));

  /** What is still to come is no gap. */
  function gapsOf(day: Day.Day): Gaps.Gap[] {
    const window = { from: Day.startOf(day, offset), to: Math.min(Day.endOf(day, offset), now()) };
    return window.to > window.from ? Gaps.inWindow(seen.points, window) : [];
  }
}

type Seen = { points: Points.Point[]; completeUntil: number | null };
const nothing: Seen = { points: [], completeUntil: null };

/** The glucose of these days, verified: the gaps are those of what can be opened, whatever the gateway says. */
async function opened(
  network: Network,
  { wallet }: People.Person,
  firstDay: Day.Day,
  lastDay: Day.Day,
): Promise<Seen> {
  const { segments, verified } = await Access.own(network, wallet, {
    streams: ['glucose/raw'],
    firstDay,
    lastDay,
  });
  const readings = segments.flatMap((s) => (s.content.kind === 'readings' ? s.content.readings : []));
  return { points: Points.fromReadings(readings), completeUntil: verified.completeUntil };
}

function line(day: string, { days }: Kept.Kept, gaps: Gaps.Gap[]): Line {
  const mine = days.filter((d) => d.day === day);
  const sum = (of: (d: Kept.Kept['days'][number]) => number): number => mine.reduce((n, d) => n + of(d), 0);
  return {
    day,
    received: sum((d) => d.received),
    glucose: sum((d) => (d.stream === 'glucose/raw' ? d.received : 0)),
    segments: sum((d) => d.segments),
    stored: sum((d) => d.stored),
    anchored: sum((d) => d.anchored),
    closed: mine.length > 0 && mine.every((d) => d.closed),
    gaps,
  };
}

const tick = (done: number, of: number): string => (of === 0 ? '–' : done === of ? '✓' : `${done}/${of}`);

export function text(days: Line[], { backlog }: Pick<Kept.Kept, 'backlog'>, offset: number): string {
  const clock = (at: number): string => new Date(at + offset * 60_000).toISOString().slice(11, 16);
  const shown = ({ gaps, glucose }: Line): string => {
    if (glucose === 0) return 'no glucose';
    // A day ends at 24:00, not at its own 00:00.
    const end = (to: number): string => (clock(to) === '00:00' ? '24:00' : clock(to));
    return gaps.map((gap) => `${clock(gap.from)}–${end(gap.to)}`).join(', ');
  };
  const rows = days.map((d) =>
    [
      d.day,
      String(d.received).padStart(8),
      tick(d.stored, d.segments).padStart(6),
      tick(d.anchored, d.segments).padStart(8),
      ` ${shown(d)}`,
    ].join('  '),
  );
  const { waiting, refused, unanchored } = backlog;
  const left = waiting + refused + unanchored;
  return [
    '       day  received  stored  anchored   without glucose for over 45 minutes',
    ...rows,
    left === 0
      ? 'Everything that was received is stored at the hub and anchored.'
      : `On its way: ${waiting} sealed segments to the hub, ${unanchored} stored and waiting for their receipt.`,
    ...(refused > 0 ? [`The hub refuses ${refused} segments at present; islet doctor says more.`] : []),
  ].join('\n');
}
