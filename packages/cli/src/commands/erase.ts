// Copyright the Islet authors. AGPL-3.0-or-later.
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import * as Rpc from '@islet/chain/Rpc';
import * as Erasing from '@islet/client/Erasing';
import * as Certificate from '@islet/client/ErasureCertificate';
import * as Gateways from '@islet/client/Gateways';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { type Extent, isEverything } from '@islet/core/Erasure';
import { IsletError } from '@islet/core/IsletError';
import { type Stream, streams } from '@islet/core/Stream';
import { parseOrder } from '@islet/core/wire/Erasing';
import type { Command } from 'commander';
import { type Connected, connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { rangeOf } from '../Dates.js';
import * as Home from '../Home.js';
import * as LinesOut from '../LinesOut.js';
import * as People from '../People.js';
import * as Services from '../Services.js';

type Options = {
  stream?: string;
  from?: string;
  to?: string;
  everything?: boolean;
  follow?: boolean;
  person: string;
  certificate?: string;
  yes?: boolean;
  json?: boolean;
};

export function registerErase(program: Command, context: Context): void {
  program
    .command('erase')
    .description('make data unreadable for ever, with proof')
    .option('--stream <names>', 'of this kind: glucose, or glucose/raw,note/raw (default: all kinds)')
    .option('--from <date>', 'from this day on (default: the first)')
    .option('--to <date>', 'up to this day, and all of it (default: today)')
    .option('--everything', 'all kinds and days, and with them the account')
    .option('--follow', 'go on with one that was not complete')
    .option('--certificate <file>', 'where to write the proof (default: erasure-….json here)')
    .option('--person <name>', 'whose data', 'me')
    .option('--yes', 'do not ask')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const person = await People.need(context.home, options.person);
  const output = context.output(options);
  if (person.notes.erased) throw new NothingLeftError();
  if (options.follow) return followAll(context, options, person);
  const extent = extentOf(options, context.now(), person.notes.dayOffsetMinutes ?? 0);
  output.say(meaning(extent));
  if (!options.yes) await confirmed(options);
  await using network = await connect(context.home);
  const { grantSalts = {} } = person.notes;
  const asked = await Erasing.request(network, person.wallet, extent, (id) => grantSalts[id]);
  const id = toHex(asked.erasureId);
  person.notes.erasures = { ...person.notes.erasures, [id]: toHex(asked.handover) };
  await People.remember(context.home, person);
  await finish(context, options, person, network, asked, extent);
}

async function followAll(context: Context, options: Options, person: People.Person): Promise<void> {
  const [id, handover] = Object.entries(person.notes.erasures ?? {})[0] ?? [];
  if (!id || !handover) throw new NothingUnderWayError();
  await using network = await connect(context.home);
  const asked = { erasureId: fromHex(id), handover: fromHex(handover) };
  const order = parseOrder(asked.handover);
  if (!order) throw new NothingUnderWayError();
  await finish(context, options, person, network, asked, order.extent);
}

async function finish(
  context: Context,
  options: Options,
  person: People.Person,
  network: Connected,
  asked: Erasing.Asked,
  extent: Extent,
): Promise<void> {
  const { home, now } = context;
  const output = context.output(options);
  const id = toHex(asked.erasureId);
  const started = now();
  const receipts = await Erasing.follow(
    Gateways.of(network, person),
    asked,
    ({ confirmed, needed, of, complete }) =>
      output.progress.update(
        complete
          ? 'complete; waiting for the others to sign'
          : `${confirmed} of ${needed} needed have destroyed their secrets`,
        confirmed,
        Math.max(of, 1),
      ),
  );
  const { ledger } = await Services.find(home);
  const text = await Erasing.certificate(
    network,
    Rpc.connect(ledger),
    await Home.validators(home),
    asked,
    receipts,
  );
  const file = options.certificate ?? `erasure-${id.slice(0, 8)}.json`;
  await LinesOut.write(resolve(file), [text]);
  const { [id]: _, ...rest } = person.notes.erasures ?? {};
  person.notes.erasures = rest;
  if (isEverything(extent)) await People.forget(home, person);
  else await People.remember(home, person);
  const verified = await Certificate.verify(text);
  output.progress.end();
  const custodians = verified.receipts.filter((r) => r.role === 'custodian').length;
  output.result(
    { erased: id, certificate: file, custodians, needed: verified.needed, ms: now() - started },
    [
      `Erased. ${custodians} custodians destroyed their secrets and signed for it; ${verified.needed} had to.`,
      ...(isEverything(extent) ? ['The keys on this computer are forgotten too.'] : []),
      `The proof is in ${file}. Keep it, and check it any time without Islet: npx islet verify ${file}`,
    ].join('\n'),
  );
}

/** What is meant. Throws `CLI_ERASE_WHAT`, `CLI_BAD_DATE`. */
export function extentOf(options: Options, now: number, dayOffsetMinutes: number): Extent {
  const { everything, stream, from, to } = options;
  const some = stream !== undefined || from !== undefined || to !== undefined;
  if (everything === some) throw new EraseWhatError();
  if (everything) return { streams: [], firstDay: Day.first, lastDay: Day.last };
  const named = stream === undefined ? [...streams] : streamsOf(stream);
  if (from === undefined && to === undefined)
    return { streams: named, firstDay: Day.first, lastDay: Day.last };
  const today = Day.format(Day.of(now, dayOffsetMinutes));
  return { streams: named, ...rangeOf(from ?? Day.format(Day.first), to ?? today) };
}

function streamsOf(text: string): Stream[] {
  const named = text.split(',').map((one) => one.trim());
  const found = streams.filter((s) => named.includes(s) || named.includes(s.split('/')[0]!));
  const isKnown = (name: string): boolean => found.some((s) => s === name || s.startsWith(`${name}/`));
  if (found.length === 0 || !named.every(isKnown)) throw new EraseWhatError();
  return found.sort();
}

/** What it means, in plain words. */
export function meaning(extent: Extent): string {
  const { firstDay, lastDay } = extent;
  const all = firstDay === Day.first && lastDay === Day.last;
  const days = all ? 'all days' : `the days from ${Day.format(firstDay)} to ${Day.format(lastDay)}`;
  const what = isEverything(extent)
    ? 'everything: all data of all days, and the account itself'
    : `${extent.streams.join(', ')} of ${days}`;
  return [
    `This erases ${what}.`,
    'The custodians destroy their secrets for it, the hub its sealed bytes, the gateway what it holds. Nobody can open it any more: not you, not those you shared it with. There is no way back.',
    'What somebody opened or exported before stays with them; nobody can take that back.',
    ...(isEverything(extent)
      ? ['This account ends: its apps can send nothing more, and to begin again takes a new one.']
      : [
          `Readings of these days are not taken again${all ? ', nor later ones of this kind' : ''}.`,
          'Data that came before their keys did (late data) of these kinds go whatever their day.',
        ]),
    'To keep a copy that only you have, stop here and run first: npx islet export FILE',
  ].join('\n');
}

const word = 'erase';

async function confirmed({ json }: Options): Promise<void> {
  if (json || !process.stdin.isTTY) throw new NotConfirmedError();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    if ((await lines.question(`Type "${word}" to go on: `)).trim() !== word) throw new NotConfirmedError();
  } finally {
    lines.close();
  }
}

export class EraseWhatError extends IsletError {
  override readonly name = 'Erase.WhatError';
  constructor() {
    super(
      'CLI_ERASE_WHAT',
      `Say what to erase: --stream with some of ${streams.join(', ')}, or --from and --to, or both; or --everything alone.`,
    );
  }
}

export class NotConfirmedError extends IsletError {
  override readonly name = 'Erase.NotConfirmedError';
  constructor() {
    super('CLI_NOT_CONFIRMED', `Nothing was erased. To go on, type "${word}" when asked, or give --yes.`);
  }
}

export class NothingUnderWayError extends IsletError {
  override readonly name = 'Erase.NothingUnderWayError';
  constructor() {
    super(
      'CLI_NOTHING_UNDER_WAY',
      'No erasure of this person waits for its end. See: npx islet erase --help',
    );
  }
}

export class NothingLeftError extends IsletError {
  override readonly name = 'Erase.NothingLeftError';
  constructor() {
    super('CLI_ALL_ERASED', 'Everything of this person was erased already. The certificate says when.');
  }
}
