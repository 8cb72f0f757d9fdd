// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Horizon from '@islet/client/Horizon';
import type { Network } from '@islet/client/Network';
import * as Pairing from '@islet/client/Pairing';
import { IsletError } from '@islet/core/IsletError';
import { isStream, type Stream, streams } from '@islet/core/Stream';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { UnknownStreamError } from '../GrantTerms.js';
import type { Output } from '../Output.js';
import * as People from '../People.js';
import { fromTheHouse } from '../Reach.js';

type Options = {
  read?: boolean;
  both?: boolean;
  follow?: string;
  name: string;
  person: string;
  json?: boolean;
};

export function registerPair(program: Command, context: Context): void {
  program
    .command('pair')
    .description('make a key for one app: it may write, or with --read follow')
    .option('--read', 'a key that reads the last days back, for your own follower app')
    .option('--both', 'a key that does both, for an app that knows one key only')
    .option('--follow <streams>', 'the streams it may read, separated by commas; all where not said')
    .option('--name <text>', 'what to call the device', 'uploader')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  if (!isName(options.name)) throw new BadNameError();
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const may = options.both ? 'both' : options.read || options.follow ? 'read' : 'write';
  const follows = options.follow === undefined ? undefined : streamsOf(options.follow);
  const output = context.output(options);
  if (may !== 'read') await expectAnything(context, network, person, output);
  const device = await Pairing.pair(network, person, People.keeper(context.home), options.name, may, follows);
  const { id, secret } = device;
  const url = network.gateway.url;
  const house = await fromTheHouse(url);
  const elsewhere =
    house.length > 0
      ? `From a phone in the house: ${house.join(' or ')}`
      : 'From a phone: start Islet with ISLET_GATEWAY_HOST=0.0.0.0, then pair again; docs/operating.md says more.';
  output.result(
    { id, may, url, house, apiSecret: secret },
    [
      `In your app, set the Nightscout address to ${url} and the API secret to ${secret}`,
      elsewhere,
      `${verbs[may]} Keep it for that one app.`,
    ].join('\n'),
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

const verbs = {
  write: 'It can send readings and read nothing.',
  read: 'It can read the last days and nothing else.',
  both: 'It can send readings and read the last days: whoever has it has both.',
} as const;

function streamsOf(text: string): Stream[] {
  const names = text.split(',').map((one) => one.trim());
  const known = names.filter(isStream);
  if (known.length !== names.length) throw new UnknownStreamError();
  return known;
}
