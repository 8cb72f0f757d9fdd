// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import * as Held from '@islet/client/Held';
import * as Day from '@islet/core/Day';
import * as Rolling from '@islet/core/Rolling';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { reportUnder } from '../Reporting.js';
import { text } from './report.js';

type Options = { as: string; reason: string; person: string; json?: boolean };

export function registerEmergency(program: Command, context: Context): void {
  program
    .command('emergency')
    .description(
      'break the glass: look for a reason that the person will read, under a grant for emergencies',
    )
    .requiredOption('--as <name>', 'who looks')
    .requiredOption('--reason <text>', 'why; the person reads it, and it is reviewed')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home } = context;
  const patient = await People.need(home, options.person);
  const { wallet: reader } = await People.need(home, options.as);
  const { account } = patient.wallet;
  await using network = await connect(home);
  const held = (await Held.from(network, reader, account)).filter((h) => h.message.emergency);
  const alive = held.find((h) => h.onChain.revokedAt === null && h.onChain.expiresAt * 1000 > network.now());
  const grant = alive ?? held[0];
  const { dayOffsetMinutes = 0 } = patient.notes;
  const today = Day.of(network.now(), dayOffsetMinutes);
  const stream = 'glucose/raw';
  if (!grant) {
    // Denied, and on record, as any look without leave is.
    const wanted = { streams: [stream] as const, firstDay: today, lastDay: today };
    await Access.withoutGrant(network, reader, account, { ...wanted, streams: [...wanted.streams] });
    return;
  }
  const { message: g } = grant;
  const newest =
    g.rollingDays > 0 ? Rolling.firstDay(network.now(), g.offsetMinutes, g.rollingDays) : g.firstDay;
  const lastDay = Math.min(g.lastDay, today);
  const wanted = { stream, firstDay: Math.min(Math.max(g.firstDay, newest), lastDay), lastDay } as const;
  const made = await reportUnder(network, { account, dayOffsetMinutes }, wanted, (ask) =>
    Access.inEmergency(network, reader, grant, ask, options.reason),
  );
  context
    .output(options)
    .result(
      { person: options.person, reader: options.as, reason: options.reason, ...made },
      `${text(made, options.person)}\n  Opened in an emergency. ${options.person} is told your reason, and a review is open: npx islet reviews`,
    );
}
