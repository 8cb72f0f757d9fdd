// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import * as Follow from '@islet/client/Follow';
import * as Held from '@islet/client/Held';
import { equal } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Glucose from '@islet/core/Glucose';
import { IsletError } from '@islet/core/IsletError';
import * as Trend from '@islet/core/metrics/Trend';
import { isStream, type Stream } from '@islet/core/Stream';
import type { Command } from 'commander';
import { connectBeside } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Interrupt from '../Interrupt.js';
import type { Output } from '../Output.js';
import * as People from '../People.js';

type Options = { as: string; person: string; stream?: string; json?: boolean };

export function registerFollow(program: Command, context: Context): void {
  program
    .command('follow')
    .description('glucose as it comes, until you stop it or may no longer see it')
    .requiredOption('--as <name>', 'who looks')
    .option('--stream <name>', 'glucose/live or glucose/raw (default: what was granted)')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'a line of JSON for each thing learnt')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home, now } = context;
  const patient = await People.need(home, options.person);
  const { wallet: reader } = await People.need(home, options.as);
  const { account } = patient.wallet;
  const wanted = options.stream;
  if (wanted !== undefined && !(isStream(wanted) && followed.some((s) => s === wanted)))
    throw new NoFollowError();
  const output = context.output(options);
  using interrupt = Interrupt.listen();
  await using network = await connectBeside(home);
  const { dayOffsetMinutes = 0 } = patient.notes;
  const about = { dayOffsetMinutes, signal: interrupt.signal };
  const isOwn = equal(reader.account, account);
  const held = isOwn ? [] : await Held.from(network, reader, account);
  const granted = followed.find((s) => held.some((h) => h.keys.streams.some((k) => k.stream === s)));
  const stream: Stream = wanted ?? (isOwn ? 'glucose/raw' : (granted ?? 'glucose/live'));
  const today = Day.of(now(), dayOffsetMinutes);
  const grant = Held.best(held, { stream, firstDay: today, lastDay: today }, now());
  if (!isOwn && !grant) {
    // Denied, and on record, as any look without leave is.
    await Access.withoutGrant(network, reader, account, {
      streams: [stream],
      firstDay: today,
      lastDay: today,
    });
    return;
  }
  const updates = grant
    ? Follow.granted(network, reader, grant, { streams: [stream], ...about })
    : Follow.own(network, reader, { streams: [stream], ...about });
  output.say(`Following ${stream} of ${options.person} as ${options.as}. Ctrl+C ends it.`);
  const teller = tellerOf(output, now);
  for await (const update of updates) teller(update);
}

const followed = ['glucose/live', 'glucose/raw'] as const satisfies Stream[];

const clock = (at: number): string => new Date(at).toTimeString().slice(0, 8);

/** Says what is worth saying: every value, and of the rest what changed. */
function tellerOf(output: Output, now: () => number): (update: Follow.Update) => void {
  let proven = 0;
  let said = '';
  const once = (text: string): void => {
    if (text !== said) output.warn(text);
    said = text;
  };
  return (update) => {
    switch (update.kind) {
      case 'value': {
        const { reading, speed } = update;
        const mgdl = Glucose.toMgdl(reading.value, reading.unit);
        const age = Math.max(0, Math.round((now() - reading.at) / 1000));
        const value = reading.beyond === null ? mgdl.toFixed(0) : reading.beyond === 'low' ? 'Low' : 'High';
        const arrow = speed === null ? ' ' : Trend.arrowOf(speed);
        const proof = proven === 0 ? '' : `   on the chain until ${clock(proven)}`;
        said = '';
        output.result(
          { ...update, mgdl, arrow: arrow.trim(), ageSeconds: age },
          `${clock(reading.at)}  ${value.padStart(4)} mg/dL ${arrow}  ${age} s ago${proof}`,
        );
        return;
      }
      case 'anchored':
        proven = update.until;
        output.note(update);
        return;
      case 'heard':
        output.note(update);
        return;
      case 'unproven':
        return once(
          `What came since ${clock(update.since)} is signed by the gateway and not yet on the chain.`,
        );
      case 'missing':
        return once('The gateway has sealed a value that the hub did not pass on.');
      case 'away':
        return once(`No connection at the moment (${update.code}); trying again.`);
    }
  };
}

export class NoFollowError extends IsletError {
  override readonly name = 'NoFollowError';
  constructor() {
    super('CLI_NO_FOLLOW', 'What can be followed is glucose/live and glucose/raw.');
  }
}
