// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { pair } from '../Provision.js';

type Options = { read?: boolean; name: string; person: string; json?: boolean };

export function registerPair(program: Command, context: Context): void {
  program
    .command('pair')
    .description('make a key for one app: it may write, or with --read follow, never both')
    .option('--read', 'a key that reads the last days back, for your own follower app')
    .option('--name <text>', 'what to call the device', 'uploader')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const may = options.read ? 'read' : 'write';
  const { id, secret } = await pair(context.home, network, person, options.name, may);
  const url = network.gateway.url;
  const verb = options.read
    ? 'It can read the last days and nothing else.'
    : 'It can send readings and read nothing.';
  context
    .output(options)
    .result(
      { id, may, url, apiSecret: secret },
      `In your app, set the Nightscout address to ${url} and the API secret to ${secret}\n${verb} Keep it for that one app.`,
    );
}
