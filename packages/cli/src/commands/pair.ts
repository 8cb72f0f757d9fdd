// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Horizon from '@islet/client/Horizon';
import type { Network } from '@islet/client/Network';
import * as Pairing from '@islet/client/Pairing';
import { IsletError } from '@islet/core/IsletError';
import { streams } from '@islet/core/Stream';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import type { Output } from '../Output.js';
import * as People from '../People.js';

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
  if (!isName(options.name)) throw new BadNameError();
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const may = options.read ? 'read' : 'write';
  const output = context.output(options);
  if (may === 'write') await expectAnything(context, network, person, output);
  const { id, secret } = await Pairing.pair(network, person, People.keeper(context.home), options.name, may);
  const url = network.gateway.url;
  const verb = options.read
    ? 'It can read the last days and nothing else.'
    : 'It can send readings and read nothing.';
  output.result(
    { id, may, url, apiSecret: secret },
    `In your app, set the Nightscout address to ${url} and the API secret to ${secret}\n${verb} Keep it for that one app.`,
  );
}

/** An app may send insulin, carbs or a note tomorrow: there must be keys for all of it. */
async function expectAnything(
  { home }: Context,
  network: Network,
  person: People.Person,
  output: Output,
): Promise<void> {
  await Horizon.renew(network, person, streams, People.keeper(home), Horizon.usual, (what, done, of) =>
    output.progress.update(what, done, of),
  );
  output.progress.end();
  person.notes.hasUploader = true;
  await People.remember(home, person);
}

/** One line of what people call a device; the list of devices takes 128 characters. */
const isName = (name: string): boolean => /^[^\p{Cc}]{1,64}$/u.test(name) && name.trim() !== '';

export class BadNameError extends IsletError {
  override readonly name = 'BadNameError';
  constructor() {
    super('CLI_BAD_NAME', '--name takes one line of 1 to 64 characters.');
  }
}
