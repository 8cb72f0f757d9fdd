// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Drill from '@islet/client/Drill';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { readKit } from './kit.js';

type Common = { person: string; json?: boolean };
type Checking = Common & { kit?: string; passphrase?: string };

export function registerDrill(program: Command, context: Context): void {
  const drill = program
    .command('drill')
    .description('whether kit and guardians would help if the wallet were lost; reveals and changes nothing');
  drill
    .command('ask')
    .description('a question for your guardians')
    .option('--person <name>', 'whose', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Common) => ask(context, options));
  drill
    .command('answer')
    .description('as a guardian: answer a question')
    .argument('<question>', 'as its person gave it to you')
    .option('--person <name>', 'who is the guardian', 'me')
    .option('--json', 'one line of JSON')
    .action((question: string, options: Common) => answer(context, question, options));
  drill
    .command('check')
    .description('compare the answers, and the kit')
    .argument('<answers...>', 'as your guardians gave them to you')
    .option('--kit <file>', 'the recovery kit, as typed from the paper')
    .option('--passphrase <file>', 'a file with the kit’s passphrase')
    .option('--person <name>', 'whose', 'me')
    .option('--json', 'one line of JSON')
    .action((answers: string[], options: Checking) => check(context, answers, options));
}

async function ask(context: Context, options: Common): Promise<void> {
  const person = await People.need(context.home, options.person);
  const { text, question } = Drill.ask(person, People.random);
  person.notes.drillQuestion = toHex(question);
  await People.remember(context.home, person);
  context.output(options).result({ question: text }, `Give your guardians this question: ${text}`);
}

async function answer(context: Context, question: string, options: Common): Promise<void> {
  const text = Drill.answer(await People.need(context.home, options.person), question);
  context.output(options).result({ answer: text }, `The share opens. Give them this answer: ${text}`);
}

async function check(context: Context, answers: string[], options: Checking): Promise<void> {
  const person = await People.need(context.home, options.person);
  const { drillQuestion } = person.notes;
  if (drillQuestion === undefined) throw new NotAskedError();
  if (options.kit !== undefined) {
    const { wallet } = await readKit(options.kit, options);
    const { account, rootSeed, encryptionSeed } = person.wallet;
    const same =
      equal(wallet.account, account) &&
      equal(wallet.rootSeed, rootSeed) &&
      equal(wallet.encryptionSeed, encryptionSeed);
    if (!same) throw new OtherKitError();
  }
  const keep = People.keeper(context.home);
  const outcome = await Drill.check(person, keep, fromHex(drillQuestion), answers, context.now());
  const known = await People.byAccount(context.home);
  const names = (ids: string[]): string =>
    ids.map((id) => known.get(id) ?? id.slice(0, 12)).join(', ') || 'nobody';
  if (!outcome.enough) context.exit.code = 1;
  context
    .output(options)
    .result(
      { ...outcome, kit: options.kit !== undefined },
      `${outcome.enough ? 'Your guardians could help' : 'Your guardians could NOT help'}: ${names(outcome.answered)} answered, ${names(outcome.silent)} did not.${options.kit === undefined ? ' The kit was not looked at (--kit).' : ' The kit opens, and has the keys of now.'}`,
    );
}

export class NotAskedError extends IsletError {
  override readonly name = 'Drill.NotAskedError';
  constructor() {
    super('CLI_DRILL_NOT_ASKED', 'No question was asked yet. Begin with: npx islet drill ask');
  }
}

export class OtherKitError extends IsletError {
  override readonly name = 'Drill.OtherKitError';
  constructor() {
    super(
      'CLI_OTHER_KIT',
      'The kit is another person’s, or has older keys. Print a new one: npx islet kit print',
    );
  }
}
