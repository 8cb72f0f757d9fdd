// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Account from '@islet/client/Account';
import * as Resharing from '@islet/client/Resharing';
import * as Day from '@islet/core/Day';
import { type Stream, streams } from '@islet/core/Stream';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { rangeOf } from '../Dates.js';
import * as People from '../People.js';

type Options = { from: string; to?: string; person: string; json?: boolean };

export function registerReshare(program: Command, context: Context): void {
  program
    .command('reshare')
    .description('after a custodian was replaced: deal what was sealed before to the present ones')
    .requiredOption('--from <date>', 'from this day on')
    .option('--to <date>', 'up to this day (default: today)')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { wallet, notes } = await People.need(context.home, options.person);
  const output = context.output(options);
  const today = Day.of(context.now(), notes.dayOffsetMinutes ?? 0);
  const { firstDay, lastDay } = rangeOf(options.from, options.to ?? Day.format(today));
  await using network = await connect(context.home);
  await network.chain.follow();
  await Account.enrolAgain(network, wallet);
  let epochs = 0;
  for (const stream of streams) if (stream !== 'glucose/live') epochs += await reshareOne(stream);
  output.progress.end();
  output.result(
    { epochs, set: network.chain.state.custodianSetVersion },
    epochs > 0
      ? `${epochs} epochs rest on the present custodians now. Cut short, it goes on where it stopped.`
      : 'Nothing of those days rests on former custodians.',
  );

  function reshareOne(stream: Stream): Promise<number> {
    const wanted = { streams: [stream], firstDay, lastDay };
    const onProgress = (done: number, of: number): void =>
      output.progress.update(`dealing ${stream} anew`, done, of);
    return Resharing.reshare(network, wallet, wanted, onProgress).catch((error: { code?: string }) => {
      if (error.code === 'STREAM_NOT_SERVED') return 0;
      throw error;
    });
  }
}
