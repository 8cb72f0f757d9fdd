// Copyright the Islet authors. AGPL-3.0-or-later.
import { isStream, type Stream } from '@islet/core/Stream';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { keyApps, pair } from '../Provision.js';
import { UnknownStreamError } from './grant.js';

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
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const may = options.both ? 'both' : options.read || options.follow ? 'read' : 'write';
  const follows = options.follow === undefined ? undefined : streamsOf(options.follow);
  if (may !== 'read') await keyApps(context.home, network, person);
  const { id, secret } = await pair(context.home, network, person, options.name, may, follows);
  const url = network.gateway.url;
  const verb = verbs[may];
  context
    .output(options)
    .result(
      { id, may, url, apiSecret: secret },
      `In your app, set the Nightscout address to ${url} and the API secret to ${secret}\n${verb} Keep it for that one app.`,
    );
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
