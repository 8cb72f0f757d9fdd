// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Gateways from '@islet/client/Gateways';
import * as HubMove from '@islet/client/HubMove';
import * as Moving from '@islet/client/Moving';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { addressOf } from './pair.js';

type Options = {
  gateway?: string;
  hub?: string;
  keepOld?: boolean;
  end?: boolean;
  lost?: boolean;
  person: string;
  json?: boolean;
};

export function registerMove(program: Command, context: Context): void {
  program
    .command('move')
    .description('have another gateway take what your apps send, or another hub keep your data')
    .option('--gateway <url>', 'the gateway’s address')
    .option('--hub <url>', 'the hub’s address; run it again to go on after it was cut short')
    .option(
      '--keep-old',
      'let the one of before go on: a gateway until --end, a hub until --hub is run again without',
    )
    .option('--end', 'end the one of before')
    .option('--lost', 'although it is gone, with what it had not handed on')
    .option('--person <name>', 'whose account', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home } = context;
  const { gateway, keepOld, end, lost } = options;
  if ([gateway, options.hub, end || undefined].filter((one) => one !== undefined).length !== 1)
    throw new MoveWhatError();
  if (options.hub !== undefined) return moveHub(context, options, options.hub);
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

async function moveHub(context: Context, options: Options, hub: string): Promise<void> {
  const { home } = context;
  const person = await People.need(home, options.person);
  const output = context.output(options);
  const onProgress = (what: string, done: number, of: number): void => output.progress.update(what, done, of);
  await using network = await connect(home);
  const { keepOld = false, lost = false } = options;
  const asked = { keepOld, lost, onProgress };
  const moved = await HubMove.go(network, person, addressOf(hub), People.keeper(home), asked);
  output.progress.end();
  output.result(moved, sentencesOf(options.person, moved, lost).join('\n'));
}

function sentencesOf(name: string, { hub, before, segments, behind, dropped }: HubMove.Moved, lost: boolean) {
  const away = Object.entries(dropped).flatMap(([url, counts]) => (counts === null ? [url] : []));
  const left = Object.entries(dropped).flatMap(([url, counts]) => (counts === null ? [] : [url]));
  const kept = before.filter((url) => !away.includes(url));
  return [
    lost
      ? `The data of ${name} are with ${hub} from now on: what your gateway has was put there anew.`
      : `The data of ${name} are with ${hub}: ${segments} sealed segments, checked there as a reader checks them.`,
    ...(lost
      ? [
          'What only the hub of before had stays there. Since when older data were known is proven anew, from today.',
        ]
      : []),
    ...kept.map(
      (url) => `${url} has what it had too${lost ? '.' : `, until you run this again without --keep-old.`}`,
    ),
    ...left.map(
      (url) =>
        `${url} was told that you left, and says that it has dropped what it had. Nobody can see whether it kept a copy; it cannot read one.`,
    ),
    ...away.map(
      (url) => `${url} is away and was not told to drop what it has: run this again when it is up.`,
    ),
    ...(behind.grants.length > 0
      ? [
          `${behind.grants.length} grants open nothing any more, since their keys were with the hub of before only: grant anew.`,
        ]
      : []),
    ...(behind.erasures.length > 0
      ? [`Of ${behind.erasures.length} erasures the hub of before did not give the words.`]
      : []),
    'Who follows live was cut for a moment and goes on at the new hub. Apps, grants and your gateway stay as they are.',
  ];
}

export class MoveWhatError extends IsletError {
  override readonly name = 'MoveWhatError';
  constructor() {
    super(
      'CLI_MOVE_WHAT',
      'Say one of where to: --gateway URL, or --hub URL. Or --end, to end the gateway of before.',
    );
  }
}
