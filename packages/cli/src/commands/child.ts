// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Signers from '@islet/client/Signers';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { provision } from '../Provision.js';
import { WalletThereError } from './recover.js';

type Common = { json?: boolean };

export function registerChild(program: Command, context: Context): void {
  const child = program
    .command('child')
    .description('accounts that you keep for a child, until it takes over');
  child
    .command('add')
    .description('begin an account for a child')
    .argument('<name>', 'what to call it here')
    .option('--json', 'one line of JSON')
    .action((name: string, options: Common) => add(context, name, options));
  child
    .command('list')
    .description('the children whose accounts are kept here')
    .option('--json', 'one line of JSON')
    .action((options: Common) => list(context, options));
}

async function add(context: Context, name: string, options: Common): Promise<void> {
  const { home } = context;
  const there = await People.find(home, name);
  // Begun and cut short: gone on with.
  if (there && !(there.notes.child && !there.notes.devices)) throw new WalletThereError(name);
  const output = context.output(options);
  const person = there ?? (await People.findOrCreate(home, name, 'patient'));
  person.notes.child = true;
  await People.remember(home, person);
  await using network = await connect(home);
  await provision(home, network, name, 'patient', (what) => output.progress.update(what, 0, 0));
  const account = AccountCode.print(person.wallet.account);
  output.result(
    { name, account },
    [
      `${name} has an account of their own, which you keep: give --person ${name} to every command.`,
      `Its code: ${account}`,
      `A second parent, on their computer: npx islet device request CODE --person ${name}; you let them in with: npx islet device add --person ${name}`,
      'When the child is of age, or earlier if you both want, it takes the account over: npx islet handover --help',
    ].join('\n'),
  );
}

async function list(context: Context, options: Common): Promise<void> {
  const { home } = context;
  const children: { name: string; account: string; signers: number }[] = [];
  const kept = (await People.names(home)).map((name) => People.need(home, name));
  const found = (await Promise.all(kept)).filter(({ notes }) => notes.child);
  if (found.length > 0) {
    await using network = await connect(home);
    for (const { wallet } of found) {
      const signers = (await Signers.list(network, wallet.account)).length;
      children.push({ name: wallet.name, account: AccountCode.print(wallet.account), signers });
    }
  }
  context
    .output(options)
    .result(
      { children },
      children
        .map((c) => `${c.name}  ${c.account}  ${c.signers} device${c.signers === 1 ? '' : 's'}`)
        .join('\n') || 'No account is kept for a child here.',
    );
}
