// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile, writeFile } from 'node:fs/promises';
import * as KeyRequest from '@islet/client/KeyRequest';
import * as Recovery from '@islet/client/Recovery';
import { equal } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Pending from '../Pending.js';
import * as People from '../People.js';

type Common = { person: string; json?: boolean };
type Approving = Common & { words: string; out: string };

export function registerRecover(program: Command, context: Context): void {
  const recover = program
    .command('recover')
    .description('get an account back with the help of its guardians, or stop others from doing so');
  recover
    .command('start')
    .description('begin on a new device; nothing of the old one is needed but the account’s code')
    .argument('<account>', 'the account’s code or id')
    .option('--person <name>', 'what to call the wallet here', 'me')
    .option('--json', 'one line of JSON')
    .action((account: string, options: Common) => start(context, account, options));
  recover
    .command('approve')
    .description('as a guardian: help a person whose voice you know')
    .argument('<request>', 'the request that they sent you')
    .requiredOption(
      '--words <text>',
      'the four words that they read to you, on the telephone or face to face',
    )
    .requiredOption('--out <file>', 'where to write the answer for them')
    .option('--person <name>', 'who is the guardian', 'me')
    .option('--json', 'one line of JSON')
    .action((request: string, options: Approving) => approve(context, request, options));
  recover
    .command('withdraw')
    .description('as a guardian: take an approval back')
    .argument('<account>', 'whose')
    .option('--person <name>', 'who is the guardian', 'me')
    .option('--json', 'one line of JSON')
    .action((account: string, options: Common) => withdraw(context, account, options));
  recover
    .command('take')
    .description('take in guardians’ answers; with enough of them the delay begins')
    .argument('<files...>', 'their answers')
    .option('--person <name>', 'the wallet being recovered', 'me')
    .option('--json', 'one line of JSON')
    .action((files: string[], options: Common) => take(context, files, options));
  recover
    .command('object')
    .description('stop every recovery of your account')
    .option('--person <name>', 'whose account', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Common) => object(context, options));
  recover
    .command('finish')
    .description('after the delay: have the account, and the keys to all data')
    .option('--person <name>', 'the wallet being recovered', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Common) => finish(context, options));
}

async function start(context: Context, code: string, options: Common): Promise<void> {
  const { home } = context;
  if (await People.find(home, options.person)) throw new WalletThereError(options.person);
  const account = await AccountCode.read(home, code);
  await using network = await connect(home);
  const { attempt, request } = await Recovery.start(network, account);
  await Pending.keep(home, options.person, attempt);
  const [text, words] = [KeyRequest.print(request), KeyRequest.words(request)];
  context
    .output(options)
    .result(
      { request: text, words },
      `Send your guardians this request, by any way:\n${text}\nThen call each of them, and read them these words:\n${words}\nTheir answers are files: npx islet recover take FILE...`,
    );
}

async function approve(context: Context, text: string, options: Approving): Promise<void> {
  const guardian = await People.need(context.home, options.person);
  const request = KeyRequest.read(text);
  requireWords(request, options.words);
  await using network = await connect(context.home);
  const answer = await Recovery.approve(network, guardian, request);
  await writeFile(options.out, answer, { mode: 0o600 });
  context
    .output(options)
    .result(
      { out: options.out },
      `Approved. Give ${options.out} to the person who asked; it is of use to them alone. If you were wrong: npx islet recover withdraw`,
    );
}

/** What was heard must be what the request says: the telephone is the proof that it is theirs. */
export function requireWords(request: KeyRequest.KeyRequest, heard: string): void {
  const plain = (words: string): string => words.toLowerCase().replace(/[^a-z]/g, '');
  if (plain(heard) !== plain(KeyRequest.words(request))) throw new OtherWordsError();
}

async function withdraw(context: Context, code: string, options: Common): Promise<void> {
  const guardian = await People.need(context.home, options.person);
  const account = await AccountCode.read(context.home, code);
  await using network = await connect(context.home);
  const { told } = await Recovery.withdraw(network, guardian, account);
  context.output(options).result({ custodiansTold: told }, 'Your approval is taken back.');
}

async function take(context: Context, files: string[], options: Common): Promise<void> {
  let attempt = await Pending.need(context.home, options.person);
  await using network = await connect(context.home);
  for (const file of files) attempt = Recovery.take(network, attempt, await readFile(file));
  await Pending.keep(context.home, options.person, attempt);
  const custodians = await Recovery.present(network, attempt);
  context.output(options).result({ answers: attempt.answers.length, custodians }, sentenceOf(custodians));
}

async function object(context: Context, options: Common): Promise<void> {
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const { attempts, told, of } = await Recovery.object(network, person);
  context
    .output(options)
    .result(
      { attempts, custodiansTold: told },
      `Stopped, on the chain and with ${told} of ${of} custodians. If a guardian began it without you, name others: npx islet guardians set`,
    );
}

async function finish(context: Context, options: Common): Promise<void> {
  const { home } = context;
  const attempt = await Pending.need(home, options.person);
  const here = await People.find(home, options.person);
  // Done before, for the custodians that follow later; but never in place of somebody else.
  if (here && !equal(here.wallet.account, attempt.newcomer.account))
    throw new WalletThereError(options.person);
  await using network = await connect(home);
  const { wallet, role, dayOffsetMinutes, custodians } = await Recovery.finish(
    network,
    attempt,
    options.person,
  );
  const notes: People.Notes =
    role === 'clinician' ? { role } : { role, enrolled: true, hasData: true, dayOffsetMinutes };
  if (!here) await People.adopt(home, { wallet, notes });
  // Kept until custodians follow: they are asked with the same approvals again.
  const done = custodians.every((c) => c.state === 'recovered');
  if (done) await Pending.forget(home, options.person);
  context
    .output(options)
    .result(
      { account: AccountCode.print(wallet.account), role, custodians, done },
      `${options.person} has account and keys again. ${role === 'clinician' ? 'What patients share opens at once.' : sentenceOf(custodians)}\nName your guardians anew: the old ones are known now.`,
    );
}

function sentenceOf(custodians: Recovery.Answer[]): string {
  const latest = (state: Recovery.Answer['state']): string =>
    new Date(Math.max(...custodians.filter((c) => c.state === state).map((c) => c.at))).toISOString();
  const of = (state: Recovery.Answer['state']): number => custodians.filter((c) => c.state === state).length;
  if (of('refused') === custodians.length)
    return `No custodian goes along yet (${custodians[0]?.code}). More guardians have to approve; a clinician, of whom custodians know nothing, goes on after the delay: npx islet recover finish`;
  const parts = [
    ...(of('waiting') > 0
      ? [`${of('waiting')} custodians wait until ${latest('waiting')}; then: npx islet recover finish`]
      : []),
    ...(of('recovered') > 0
      ? [`${of('recovered')} custodians open for the new device from ${latest('recovered')} on`]
      : []),
    ...(of('refused') > 0 ? [`${of('refused')} refuse`] : []),
  ];
  return `${parts.join('; ')}.`;
}

export class WalletThereError extends IsletError {
  override readonly name = 'WalletThereError';
  constructor(name: string) {
    super(
      'CLI_WALLET_THERE',
      `There is a wallet named "${name}" here already. Choose another name with --person.`,
    );
  }
}

export class OtherWordsError extends IsletError {
  override readonly name = 'OtherWordsError';
  constructor() {
    super(
      'CLI_OTHER_WORDS',
      'These are not the words of this request: it may be somebody else’s. Nothing was done. Call the person, and have them read their words again.',
    );
  }
}
