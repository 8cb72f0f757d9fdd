// Copyright the Islet authors. AGPL-3.0-or-later.

import { resolve } from 'node:path';
import * as Access from '@islet/client/Access';
import * as Export from '@islet/client/Export';
import * as Day from '@islet/core/Day';
import { streams } from '@islet/core/Stream';
import * as PrivateFile from '@islet/store/PrivateFile';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Home from '../Home.js';
import * as People from '../People.js';

type Options = { person: string; json?: boolean };

export function registerExport(program: Command, context: Context): void {
  program
    .command('export')
    .description('everything of a person, readable and checkable without Islet')
    .argument('<file>', 'where to write it; whoever has it can read the data')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((file: string, options: Options) => run(context, file, options));
}

async function run(context: Context, file: string, options: Options): Promise<void> {
  const { wallet } = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const opened = await Access.own(network, wallet, {
    streams: [...streams],
    firstDay: Day.first,
    lastDay: Day.last,
  });
  const made = Export.build(network, await Home.validators(context.home), opened);
  await PrivateFile.write(resolve(file), new TextEncoder().encode(made.text));
  context
    .output(options)
    .result(
      { file, readings: made.readings, segments: made.segments, anchors: made.anchors },
      `Wrote ${made.readings} readings in ${made.segments} sealed segments with their receipts. Check it any time: npx islet verify ${file}\nWhoever has this file can read the data in it.`,
    );
}
