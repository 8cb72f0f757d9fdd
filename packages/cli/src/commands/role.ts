// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Roles from '@islet/client/Roles';
import { toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import * as Admin from '../Admin.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import * as RoleFile from '../RoleFile.js';

type Options = { json?: boolean };

/** For the admin of this installation's organisation. */
export function registerRole(program: Command, context: Context): void {
  const role = program.command('role').description('the organisation’s roles, and who holds them');
  role
    .command('create')
    .description('make a role that people can grant to')
    .argument('<role>', 'its name, like on-call')
    .option('--json', 'one line of JSON')
    .action((name: string, options: Options) => create(context, name, options));
  role
    .command('appoint')
    .description('let a person hold a role: all that was granted to it opens for them')
    .argument('<role>')
    .argument('<person>')
    .option('--json', 'one line of JSON')
    .action((name: string, person: string, options: Options) => appoint(context, name, person, options));
  role
    .command('dismiss')
    .description('take a person out of a role, at once')
    .argument('<role>')
    .argument('<person>')
    .option('--json', 'one line of JSON')
    .action((name: string, person: string, options: Options) => dismiss(context, name, person, options));
  role
    .command('list')
    .description('every role and who holds it')
    .option('--json', 'one line of JSON')
    .action((options: Options) => list(context, options));
}

async function create(context: Context, name: string, options: Options): Promise<void> {
  const { home, now } = context;
  if (await RoleFile.find(home, name)) throw new RoleExistsError(name);
  await using network = await connect(home);
  const role = await Roles.create(network, await Admin.open(home, now));
  await RoleFile.write(home, name, role);
  context
    .output(options)
    .result(
      { role: name, id: toHex(role.role), code: AccountCode.print(role.role) },
      `There is a role ${name}, with nobody in it. To let someone hold it: npx islet role appoint ${name} PERSON\nPatients share with it in the app by its code: ${AccountCode.print(role.role)}`,
    );
}

async function appoint(context: Context, name: string, who: string, options: Options): Promise<void> {
  const { home, now } = context;
  const role = await RoleFile.need(home, name);
  const { wallet } = await People.need(home, who);
  await using network = await connect(home);
  await Roles.appoint(network, await Admin.open(home, now), role, wallet.account);
  context
    .output(options)
    .result(
      { role: name, appointed: who },
      `${who} holds the role ${name}. What was granted to it opens for them.`,
    );
}

async function dismiss(context: Context, name: string, who: string, options: Options): Promise<void> {
  const { home, now } = context;
  const role = await RoleFile.need(home, name);
  const { wallet } = await People.need(home, who);
  await using network = await connect(home);
  await RoleFile.write(
    home,
    name,
    await Roles.dismiss(network, await Admin.open(home, now), role, wallet.account),
  );
  context
    .output(options)
    .result(
      { role: name, dismissed: who },
      `${who} holds the role ${name} no more: contract and custodians refuse from now on. What they opened before they have seen, and they keep the key to former grants, which opens nothing without custodians. Grants to come are sealed to a new key.`,
    );
}

async function list(context: Context, options: Options): Promise<void> {
  const { home } = context;
  await using network = await connect(home);
  await network.chain.follow();
  const people = await People.byAccount(home);
  const roles = await Promise.all(
    (await RoleFile.names(home)).map(async (name) => {
      const { role } = await RoleFile.need(home, name);
      const held = Roles.holders(network, role).map((id) => people.get(id) ?? id);
      return { role: name, id: toHex(role), code: AccountCode.print(role), holders: held.sort() };
    }),
  );
  const lines = roles.map((r) => `${r.role}: ${r.holders.join(', ') || 'nobody'} (code ${r.code})`);
  context.output(options).result({ roles }, lines.join('\n') || 'There is no role yet.');
}

export class RoleExistsError extends IsletError {
  override readonly name = 'RoleExistsError';
  constructor(name: string) {
    super('CLI_ROLE_EXISTS', `There is a role ${name.slice(0, 40)} already. Give another name.`);
  }
}
