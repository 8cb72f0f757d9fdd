// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Gateways from '@islet/client/Gateways';
import * as Pairing from '@islet/client/Pairing';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';

type Options = { person: string; json?: boolean };

/** Fewer characters of an id are a slip of the keyboard. */
const SHORTEST = 4;

export function registerUnpair(program: Command, context: Context): void {
  program
    .command('unpair')
    .description('end the key of one app; without one named, list the apps that have a key')
    .argument('[app]', 'what it was called when it was paired, or its id or the first characters of it')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((app: string | undefined, options: Options) => run(context, app, options));
}

async function run(context: Context, app: string | undefined, options: Options): Promise<void> {
  const person = await People.need(context.home, options.person);
  await using installed = await connect(context.home);
  const network = Gateways.of(installed, person);
  const paired = await Pairing.list(network, person);
  const output = context.output(options);
  if (app === undefined) {
    const lines = paired.map(
      ({ id, name, may, isHere }) => `${id}  ${may.padEnd(5)}  ${name}${away(isHere)}`,
    );
    output.result({ paired }, lines.join('\n') || 'No app has a key.');
    return;
  }
  const { id, name } = oneOf(paired, app);
  await Pairing.unpair(network, person, People.keeper(context.home), id);
  output.result(
    { ended: id, name },
    `${name} has no key any more: the gateway takes nothing from it and tells it nothing. What it sent before stays.`,
  );
}

const away = (isHere: boolean): string => (isHere ? '' : ' (paired elsewhere)');

/** The one that is called so, or whose id begins so. Throws `CLI_NO_SUCH_APP`. */
export function oneOf<T extends { id: string; name: string }>(paired: readonly T[], text: string): T {
  const named = paired.filter(({ name }) => name === text);
  const found =
    named.length > 0 || text.length < SHORTEST
      ? named
      : paired.filter(({ id }) => id.startsWith(text.toLowerCase()));
  const [only] = found;
  if (!only || found.length > 1) throw new NoSuchAppError(found.length > 1);
  return only;
}

export class NoSuchAppError extends IsletError {
  override readonly name = 'NoSuchAppError';
  constructor(several: boolean) {
    super(
      'CLI_NO_SUCH_APP',
      several
        ? 'Several apps are called like that. Give the id, or more characters of it: npx islet unpair'
        : 'No app with a key is called like that. See: npx islet unpair',
    );
  }
}
