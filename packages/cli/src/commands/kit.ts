// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile, writeFile } from 'node:fs/promises';
import * as Kit from '@islet/client/Kit';
import { equal } from '@islet/core/crypto/bytes';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { WalletThereError } from './recover.js';

type Common = { person: string; passphrase?: string; json?: boolean };

export function registerKit(program: Command, context: Context): void {
  const kit = program.command('kit').description('the recovery kit: a whole wallet, to print and lock away');
  const common = (command: Command): Command =>
    command
      .option('--passphrase <file>', 'a file with the passphrase that the kit needs besides')
      .option('--person <name>', 'whose', 'me')
      .option('--json', 'one line of JSON');
  common(kit.command('print'))
    .description('write the kit to a file, to print')
    .requiredOption('--out <file>', 'where to; delete it once it is on paper')
    .action((options: Common & { out: string }) => print(context, options));
  common(kit.command('check'))
    .description('whether a kit opens, and whose it is')
    .argument('<file>', 'the kit, as typed or photographed from the paper')
    .action((file: string, options: Common) => check(context, file, options));
  common(kit.command('restore'))
    .description('make a wallet here from a kit')
    .argument('<file>', 'the kit')
    .action((file: string, options: Common) => restore(context, file, options));
}

const passphraseOf = async ({ passphrase }: Common): Promise<string | undefined> =>
  passphrase === undefined ? undefined : (await readFile(passphrase, 'utf8')).replace(/\r?\n$/, '');

/** Reads a kit from a file. Throws what `Kit.read` throws. */
export const readKit = async (file: string, options: Pick<Common, 'passphrase'>): Promise<Kit.Kit> =>
  Kit.read(await readFile(file, 'utf8'), await passphraseOf(options as Common));

async function print(context: Context, options: Common & { out: string }): Promise<void> {
  const { wallet, notes } = await People.need(context.home, options.person);
  const kit = { wallet, role: notes.role, dayOffsetMinutes: notes.dayOffsetMinutes ?? 0 };
  const passphrase = await passphraseOf(options);
  const text = passphrase === undefined ? Kit.print(kit) : Kit.printLocked(kit, passphrase, People.random);
  await writeFile(options.out, `${text}\n`, { mode: 0o600, flag: 'wx' });
  context
    .output(options)
    .result(
      { out: options.out, account: AccountCode.print(wallet.account), locked: passphrase !== undefined },
      `Print ${options.out}, lock the paper away, and delete the file. Whoever has it${passphrase === undefined ? '' : ' and the passphrase'} is ${options.person}.\nKeep beside it, for guardians: the account’s code ${AccountCode.print(wallet.account)}`,
    );
}

async function check(context: Context, file: string, options: Common): Promise<void> {
  const { wallet } = await readKit(file, options);
  const known = await People.byAccount(context.home);
  const here = await People.find(context.home, options.person);
  const same = here !== undefined && equal(here.wallet.account, wallet.account);
  const current =
    same &&
    equal(here.wallet.rootSeed, wallet.rootSeed) &&
    equal(here.wallet.encryptionSeed, wallet.encryptionSeed);
  context.output(options).result(
    {
      account: AccountCode.print(wallet.account),
      name: wallet.name,
      isThisWallet: same,
      isCurrent: current,
    },
    same
      ? `The kit opens, and is ${options.person}'s${current ? '' : ', but with older keys: print a new one'}.`
      : `The kit opens, and is another person's than ${options.person}: ${wallet.name}. Here are: ${[...known.values()].join(', ')}.`,
  );
}

async function restore(context: Context, file: string, options: Common): Promise<void> {
  const { wallet, role, dayOffsetMinutes } = await readKit(file, options);
  if (await People.find(context.home, options.person)) throw new WalletThereError(options.person);
  const notes: People.Notes = { role, enrolled: true, hasData: true, dayOffsetMinutes };
  await People.adopt(context.home, { wallet: { ...wallet, name: options.person }, notes });
  context
    .output(options)
    .result(
      { account: AccountCode.print(wallet.account) },
      `${options.person} is here again, with every key.`,
    );
}
