// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Gateways from '@islet/client/Gateways';
import * as Horizon from '@islet/client/Horizon';
import type { Network } from '@islet/client/Network';
import * as Pairing from '@islet/client/Pairing';
import { IsletError } from '@islet/core/IsletError';
import { isStream, type Stream, streams } from '@islet/core/Stream';
import { type Command, Option } from 'commander';
import * as Apps from '../Apps.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { UnknownStreamError } from '../GrantTerms.js';
import type { Output } from '../Output.js';
import * as People from '../People.js';
import { reachOf } from '../Provision.js';
import * as Qr from '../Qr.js';
import { fromTheHouse } from '../Reach.js';

type Options = {
  read?: boolean;
  both?: boolean;
  follow?: string;
  app?: string;
  address?: string;
  name?: string;
  person: string;
  json?: boolean;
};

export function registerPair(program: Command, context: Context): void {
  program
    .command('pair')
    .description('make a key for one app: it may write, or with --read follow')
    .addOption(new Option('--app <name>', 'for which app: says what to enter where').choices(Apps.names))
    .option(
      '--address <url>',
      'the address under which the app reaches the gateway, where you gave it another',
    )
    .option('--read', 'a key that reads the last days back, for your own follower app')
    .option('--both', 'a key that does both, for an app that knows one key only')
    .option('--follow <streams>', 'the streams it may read, separated by commas; all where not said')
    .option('--name <text>', 'what to call the device (default: the app, or uploader)')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const app = options.app === undefined ? undefined : Apps.apps[options.app]!;
  const name = options.name ?? app?.title ?? 'uploader';
  if (!isName(name)) throw new BadNameError();
  const address = options.address === undefined ? undefined : addressOf(options.address);
  const person = await People.need(context.home, options.person);
  await using installed = await connect(context.home);
  const network = Gateways.of(installed, person);
  const may = options.both ? 'both' : options.read || options.follow ? 'read' : (app?.may ?? 'write');
  const follows = options.follow === undefined ? undefined : streamsOf(options.follow);
  const output = context.output(options);
  if (may !== 'read') await expectAnything(context, network, person, output);
  const device = await Pairing.pair(network, person, People.keeper(context.home), name, may, follows);
  const { id, secret } = device;
  const url = network.gateway.url;
  const house = await fromTheHouse(url);
  // A phone does not reach what only this machine does.
  const reached = address ?? house[0];
  const scan =
    reached !== undefined && (app ? app.scans : may !== 'read') ? Apps.scanOf(reached, secret) : null;
  const enter = app?.enter(reached ?? url, secret) ?? [];
  output.result(
    { id, may, url, house, apiSecret: secret, enter, scan },
    [
      ...(app
        ? [`In ${app.title}, enter:`, ...enter.map((line) => `  ${line}`)]
        : [`In your app, set the Nightscout address to ${address ?? url} and the API secret to ${secret}`]),
      ...(app?.note && !(reached ?? url).startsWith('https:') ? [app.note] : []),
      ...(scan
        ? [`Or scan this in ${app?.title ?? 'xDrip+, 600SeriesAndroidUploader or DiaBox'}:`, Qr.draw(scan)]
        : []),
      ...(address === undefined ? [elsewhere(house)] : []),
      `${verbs[may]} Keep it for that one app.`,
    ].join('\n'),
  );
}

const elsewhere = (house: string[]): string =>
  house.length > 0
    ? `From a phone in the house: ${house.join(' or ')}`
    : 'From a phone: start Islet with ISLET_GATEWAY_HOST=0.0.0.0, then pair again; docs/operating.md says more.';

/** An address without path, question or key of its own. */
export function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === '';
  if (!plain || url.pathname !== '/') throw new BadAddressError();
  return url.origin;
}

/** An app may send insulin, carbs or a note tomorrow: there must be keys for all of it. */
async function expectAnything(
  { home }: Context,
  network: Network,
  person: People.Person,
  output: Output,
): Promise<void> {
  person.notes.hasUploader = true;
  await Horizon.renew(network, person, streams, People.keeper(home), reachOf(person), (what, done, of) =>
    output.progress.update(what, done, of),
  );
  output.progress.end();
  await People.remember(home, person);
}

/** One line of what people call a device; the list of devices takes 128 characters. */
export const isName = (name: string): boolean => /^[^\p{Cc}]{1,64}$/u.test(name) && name.trim() !== '';

export class BadNameError extends IsletError {
  override readonly name = 'BadNameError';
  constructor() {
    super('CLI_BAD_NAME', '--name takes one line of 1 to 64 characters.');
  }
}

export class BadAddressError extends IsletError {
  override readonly name = 'BadAddressError';
  constructor() {
    super('CLI_BAD_ADDRESS', '--address takes an address like https://glucose.example.org, without a path.');
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
