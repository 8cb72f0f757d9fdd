// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Gateways from '@islet/client/Gateways';
import * as Moving from '@islet/client/Moving';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { addressOf } from './pair.js';

type Options = {
  gateway?: string;
  keepOld?: boolean;
  end?: boolean;
  lost?: boolean;
  person: string;
  json?: boolean;
};

export function registerMove(program: Command, context: Context): void {
  program
    .command('move')
    .description('have another gateway take what your apps send')
    .option('--gateway <url>', 'its address')
    .option('--keep-old', 'let the one of before write on until: islet move --end')
    .option('--end', 'end the one of before')
    .option('--lost', 'although it is gone, with what it had not handed on')
    .option('--person <name>', 'whose account', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home } = context;
  const { gateway, keepOld, end, lost } = options;
  if ((gateway === undefined) === !end) throw new MoveWhatError();
  const person = await People.need(home, options.person);
  const output = context.output(options);
  const keep = People.keeper(home);
  const show = (what: string, done: number, of: number): void => output.progress.update(what, done, of);
  await using network = await connect(home);
  if (gateway !== undefined) {
    const url = addressOf(gateway);
    await Moving.go(Gateways.of(network, person), person, url, keep, show);
  }
  const ended = keepOld
    ? []
    : await Moving.leave(Gateways.of(network, person), person, keep, lost ?? false, show);
  output.progress.end();
  const { notes } = person;
  const url = notes.gatewayUrl ?? network.gateway.url;
  const apps = (notes.devices ?? []).map(({ id, name, may }) => ({ id, name, may }));
  output.result(
    { gateway: url, gatewayKey: notes.gatewayKey, ended, before: notes.movedFrom ?? null, apps },
    [
      `The gateway of ${options.person} is ${url}.`,
      ...apps.map(({ name }) => `  ${name}: enter this address in place of the old one; its secret stays.`),
      keepOld
        ? 'The one of before takes readings too, until you end it: npx islet move --end'
        : `${ended.length} gateways of before were ended: they take nothing more. Apps that still have the old address are refused, and send to the new one what they kept.`,
      'What your own apps read back of the last days begins anew there; all of it can still be opened as before.',
    ].join('\n'),
  );
}

export class MoveWhatError extends IsletError {
  override readonly name = 'MoveWhatError';
  constructor() {
    super('CLI_MOVE_WHAT', 'Say where to: --gateway URL. Or --end, to end the gateway of before.');
  }
}
