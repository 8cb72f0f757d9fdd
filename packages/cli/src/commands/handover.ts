// Copyright the Islet authors. AGPL-3.0-or-later.
import { writeFile } from 'node:fs/promises';
import * as Handover from '@islet/client/Handover';
import * as KeyRequest from '@islet/client/KeyRequest';
import * as Signers from '@islet/client/Signers';
import { toHex } from '@islet/core/crypto/bytes';
import { usualDelay } from '@islet/core/Guardians';
import { IsletError } from '@islet/core/IsletError';
import { type Command, Option } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Leaving from '../Leaving.js';
import * as Pending from '../Pending.js';
import * as People from '../People.js';
import * as TakingOver from '../TakingOver.js';
import { requireWords, WalletThereError } from './recover.js';

type Common = { person: string; json?: boolean };

export function registerHandover(program: Command, context: Context): void {
  const handover = program
    .command('handover')
    .description('an account that parents kept becomes the young person’s own');
  const common = (name: string, words: string): Command =>
    handover
      .command(name)
      .description(words)
      .option('--person <name>', 'whose account, or what to call it here', 'me')
      .option('--json', 'one line of JSON');
  common('ask', 'on the young person’s own device: make its key, and ask for the account')
    .argument('<account>', 'the account’s code or id')
    .option('--p256', 'with a P-256 key, as secure elements have')
    .action((account: string, options: Common & { p256?: boolean }) => ask(context, account, options));
  common('give', 'as a parent: let that device in, and write the account for it to a file')
    .argument('<request>', 'what the young person’s device said')
    .requiredOption('--words <text>', 'the four words that it shows')
    .requiredOption('--out <file>', 'where to write what it is to have, sealed')
    .action((text: string, options: Common & { words: string; out: string }) => give(context, text, options));
  common(
    'take',
    'on the young person’s own device: take the account over. Cut short, it goes on without the file',
  )
    .argument('[file]', 'what the parent’s device wrote')
    .option('--guardians <accounts...>', 'who can help you if you lose every device: names, codes or ids')
    .option('--no-guardians', 'have none')
    .option('--need <n>', 'how many of them must agree', '2')
    .option('--hours <n>', 'in which you can object', String(usualDelay / 3600))
    .addOption(
      new Option('--end <which>', 'grants that end: to people without an organisation, all, or none')
        .choices(['people', 'all', 'none'])
        .default('people'),
    )
    .option('--parent <accounts...>', 'a parent who may still see something: account codes, ids or names')
    .addOption(
      new Option('--see <preset>', 'what that parent may see').choices(['follow', 'visit', 'emergency']),
    )
    .option('--until <date>', 'until when they may')
    .option('--yes', 'you have read what this means')
    .action((file: string | undefined, options: TakingOver.Options) =>
      TakingOver.take(context, file, options),
    );
  common('leave', 'as a parent, afterwards: delete what this computer has of the account').action(
    (options: Common) => leave(context, options),
  );
}

async function ask(context: Context, code: string, options: Common & { p256?: boolean }): Promise<void> {
  const { home } = context;
  if (await People.find(home, options.person)) throw new WalletThereError(options.person);
  const account = await AccountCode.read(home, code);
  await using network = await connect(home);
  const kind = options.p256 ? 'p256' : 'secp256k1';
  const { newcomer, request } = await Signers.newcomer(network, account, kind);
  await Pending.keep(home, options.person, { newcomer, answers: [] });
  const [text, words] = [KeyRequest.print(request), KeyRequest.words(request)];
  context
    .output(options)
    .result(
      { request: text, words },
      `Say this to the parent who keeps the account: npx islet handover give ${text}\nAnd read them these words, face to face or on the telephone: ${words}`,
    );
}

async function give(
  context: Context,
  text: string,
  options: Common & { words: string; out: string },
): Promise<void> {
  const person = await People.need(context.home, options.person);
  const request = KeyRequest.read(text);
  requireWords(request, options.words);
  await using network = await connect(context.home);
  const { parcel, told, of } = await Handover.give(network, person, request);
  await writeFile(options.out, parcel, { mode: 0o600 });
  context
    .output(options)
    .result(
      { signer: toHex(request.signer), out: options.out, custodiansTold: told },
      [
        `The device is let in; ${told} of ${of} custodians heard it. Give it ${options.out}: npx islet handover take`,
        'Once it has taken over, this computer can do nothing for the account any more. Then delete what is left here: npx islet handover leave',
      ].join('\n'),
    );
}

async function leave(context: Context, options: Common): Promise<void> {
  const { home } = context;
  const { wallet } = await People.need(home, options.person);
  await using network = await connect(home);
  const left = await Leaving.leaveAll(home, network, wallet.account);
  if (!left.includes(options.person)) throw new StillYoursError();
  context
    .output(options)
    .result(
      { left },
      `What this computer had of ${options.person} is overwritten and deleted. Destroy the printed kit too, and what the app on a phone or in a browser keeps of the account.`,
    );
}

export class StillYoursError extends IsletError {
  override readonly name = 'Handover.StillYoursError';
  constructor() {
    super(
      'CLI_HANDOVER_STILL_YOURS',
      'This computer still signs for that account: nobody has taken it over. Nothing was deleted, or its keys would be lost.',
    );
  }
}
