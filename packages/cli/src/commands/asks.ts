// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Asked from '@islet/client/Asked';
import * as Asking from '@islet/client/Asking';
import type { Network } from '@islet/client/Network';
import * as Sentence from '@islet/client/Sentence';
import { toHex } from '@islet/core/crypto/bytes';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import * as Who from '../Who.js';
import { said, whose } from './grant.js';

type Options = { as: string; json?: boolean };

/** Asks to someone, to be granted, declined or left to end, and asks of theirs. */
export function registerAsks(program: Command, context: Context): void {
  const asks = program
    .command('asks')
    .description('who asks to see your data, and what came of what you asked of others')
    .option('--as <name>', 'who', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => list(context, options));
  asks
    .command('decline')
    .description('say no')
    .argument('<ask>', 'its id, or the first characters of it')
    .option('--word <text>', 'a word to whoever asked')
    .action((ask: string, _: unknown, command: Command) =>
      decline(context, ask, command.optsWithGlobals<Options & { word?: string }>()),
    );
  for (const [name, what] of [
    ['block', 'show no ask of an account any more; it is not told'],
    ['unblock', 'show its asks again'],
  ] as const)
    asks
      .command(name)
      .description(what)
      .argument('<account>', 'a name, an account code or an account id')
      .action((account: string, _: unknown, command: Command) =>
        block(context, name, account, command.optsWithGlobals<Options>()),
      );
}

async function list(context: Context, options: Options): Promise<void> {
  const { home } = context;
  const person = await People.need(home, options.as);
  await using network = await connect(home);
  const names = await Who.names(home);
  const { pending, unsound } = await Asked.all(network, person);
  const asks = pending.map((one) => pendingOf(one, names, whose(options.as)));
  const asked = (await Asking.mine(network, person)).map((one) => mineOf(network, one, names, options.as));
  const lines = [
    ...asks.map((one) => one.line),
    ...(unsound > 0 ? [`${unsound} more came that are not what they say, and are not shown.`] : []),
    ...asked.map((one) => one.line),
  ];
  context
    .output(options)
    .result(
      { asks: asks.map((one) => one.value), unsound, asked: asked.map((one) => one.value) },
      lines.join('\n') || 'Nobody asks anything of you, and you asked nothing of anybody.',
    );
}

type Named = ReadonlyMap<string, string>;

/** Who asks: by the name known here; else that nobody here knows them, and whether an organisation answers for them. */
function whoOf({ asker, organisation }: Asked.Pending, names: Named): string {
  const known = names.get(asker);
  if (known !== undefined) return known;
  const code = asker.slice(0, 12);
  return organisation === null
    ? `an unknown person (${code}), for whom no organisation answers,`
    : `a person unknown here (${code}), for whom organisation ${organisation.slice(0, 12)} answers,`;
}

function pendingOf(one: Asked.Pending, names: Named, mine: string) {
  const who = whoOf(one, names);
  const reader = one.isRole
    ? (names.get(one.reader) ?? `whoever holds role ${one.reader.slice(0, 12)}`)
    : who;
  const sentence = Sentence.of(one.terms, reader, mine);
  const deadline = new Date(one.deadline).toISOString();
  const { id, asker, organisation, why } = one;
  return {
    value: {
      ...{
        ask: id,
        asker,
        name: names.get(asker) ?? null,
        organisation,
        reader: one.reader,
        isRole: one.isRole,
      },
      ...{ sentence, why, askedAt: new Date(one.askedAt).toISOString(), deadline, ...said(one.terms) },
    },
    line: [
      `${id.slice(0, 12)}  ${who} asks you, until ${deadline.slice(0, 10)}. If you grant it: ${sentence}`,
      `              In their words: “${why}”`,
      `              npx islet grant --ask ${id.slice(0, 12)}, or npx islet asks decline ${id.slice(0, 12)}`,
    ].join('\n'),
  };
}

function mineOf({ chain }: Network, one: Asking.Mine, names: Named, as: string) {
  const { id, patient, state, grant, word, asked, deadline } = one;
  const whom = names.get(patient) ?? patient.slice(0, 12);
  const role = asked && chain.state.roles.has(asked.reader);
  const reader = role ? (names.get(asked.reader) ?? 'whoever holds the role') : as;
  const sentence = asked && Sentence.of(asked.terms, reader, `${whom}’s`);
  const spoken = word === null ? '' : ` In their words: “${word}”`;
  return {
    value: {
      ...{ ask: id, patient, state, grant, word, sentence, why: asked?.why ?? null },
      deadline: new Date(deadline).toISOString(),
    },
    line: `${id.slice(0, 12)}  ${state.padEnd(8)}  you asked ${whom}: ${sentence ?? 'asked from another device'}${spoken}`,
  };
}

async function decline(context: Context, id: string, options: Options & { word?: string }): Promise<void> {
  const { home } = context;
  const person = await People.need(home, options.as);
  await using network = await connect(home);
  const ask = await Asked.need(network, person, id.toLowerCase());
  await Asked.decline(network, person, ask, options.word ?? null, People.keeper(home));
  context
    .output(options)
    .result({ declined: ask.id }, 'Declined. Whoever asked is told so, and nothing else.');
}

async function block(
  { home, output }: Context,
  what: 'block' | 'unblock',
  text: string,
  options: Options,
): Promise<void> {
  const person = await People.need(home, options.as);
  const account = toHex(await AccountCode.read(home, text));
  const change = what === 'block' ? Asked.block : Asked.unblock;
  await change(person, account, People.keeper(home));
  output(options).result(
    { [what === 'block' ? 'blocked' : 'unblocked']: account },
    what === 'block'
      ? 'Asks of that account are not shown to you any more. It is not told. What you granted to it stands.'
      : 'Asks of that account are shown to you again.',
  );
}
