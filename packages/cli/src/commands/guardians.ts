// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Drill from '@islet/client/Drill';
import * as Guarding from '@islet/client/Guarding';
import * as Recovery from '@islet/client/Recovery';
import { toHex } from '@islet/core/crypto/bytes';
import { usualDelay } from '@islet/core/Guardians';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import * as Alarms from '../Alarms.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import { BadNameError, isName } from './pair.js';

type Common = { person: string; json?: boolean };
type Setting = Common & { need: string; hours: string };

export function registerGuardians(program: Command, context: Context): void {
  const guardians = program.command('guardians').description('people who can together give an account back');
  guardians
    .command('set')
    .description('name guardians in place of those before; nobody: have none')
    .argument('[guardians...]', 'names, account codes or ids of two to sixteen people')
    .option('--need <n>', 'how many must agree, two or more', '2')
    .option('--hours <n>', 'in which you can object', String(usualDelay / 3600))
    .option('--person <name>', 'whose guardians', 'me')
    .option('--json', 'one line of JSON')
    .action((names: string[], options: Setting) => set(context, names, options));
  guardians
    .command('list')
    .description('your guardians, whose guardian you are, and recoveries under way')
    .option('--person <name>', 'whose', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Common) => list(context, options));
  guardians
    .command('accept')
    .description('become a guardian by an invitation')
    .argument('<invitation>', 'as its person gave it to you')
    .option('--name <text>', 'what you call the person')
    .option('--person <name>', 'who becomes one', 'me')
    .option('--json', 'one line of JSON')
    .action((invitation: string, options: Common & { name?: string }) =>
      accept(context, invitation, options),
    );
}

async function set(context: Context, names: string[], options: Setting): Promise<void> {
  const { home } = context;
  const person = await People.need(home, options.person);
  if (!/^\d{1,2}$/.test(options.need) || !/^\d{1,3}$/.test(options.hours)) throw new BadGuardiansError();
  const hours = Number(options.hours);
  if (hours < 24 || hours > 720) throw new BadGuardiansError();
  const guardians = await Promise.all(names.map((name) => AccountCode.read(home, name)));
  await using network = await connect(home);
  const { told, of, invitations } = await Guarding.set(network, person, People.keeper(home), {
    ...{ guardians, threshold: names.length === 0 ? 0 : Number(options.need), delay: hours * 3600 },
  });
  const invitation = invitations[0] ?? null;
  const some = `Any ${options.need} of ${names.join(', ')} can together give ${options.person}'s account and keys to a new device, ${hours} hours after they agree, unless you object.\nGive each this invitation: ${invitation}\nThey accept it with: npx islet guardians accept`;
  const left =
    told < of ? `\nOnly ${told} of ${of} custodians heard it. Run this again when all are up.` : '';
  context.output(options).result(
    {
      guardians: guardians.map(toHex),
      need: Number(options.need),
      hours,
      invitation,
      custodiansTold: told,
    },
    (names.length === 0 ? `${options.person} has no guardians from now on.` : some) + left,
  );
}

async function accept(
  context: Context,
  invitation: string,
  options: Common & { name?: string },
): Promise<void> {
  if (options.name !== undefined && !isName(options.name)) throw new BadNameError();
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const account = await Guarding.accept(
    network,
    person,
    People.keeper(context.home),
    invitation,
    options.name,
  );
  context
    .output(options)
    .result(
      { account: toHex(account) },
      `${options.person} is now a guardian. Alone you can open nothing and change nothing. When its person asks for help, talk to them before you approve. Emergency looks at their data are told to you: npx islet watch`,
    );
}

async function list(context: Context, options: Common): Promise<void> {
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const rules = Guarding.rulesOf(person);
  const known = await People.byAccount(context.home);
  const name = (id: string): string => person.notes.charges?.[id]?.name ?? known.get(id) ?? id.slice(0, 12);
  const emergencies = await Alarms.news(context.home, network, person);
  const underWay = await Recovery.open(network, person.wallet.account);
  const isDue = Drill.isDue(person, context.now());
  const guardians = (rules?.guardians ?? []).map((g) => toHex(g.account));
  const charges = Object.keys(person.notes.charges ?? {});
  const lines = [
    ...emergencies.map((e) => e.sentence),
    rules
      ? `Any ${rules.threshold} of ${guardians.map(name).join(', ')}, after ${rules.delay / 3600} hours.`
      : 'No guardians. What only this wallet can open is lost with it. See: npx islet guardians set --help',
    ...(charges.length > 0 ? [`Guardian of: ${charges.map(name).join(', ')}.`] : []),
    ...underWay.map(
      (a) =>
        `A recovery is under way: ${a.approvals} approve${a.readyAt ? `, it can be finished from ${new Date(a.readyAt).toISOString()}` : ''}. If this is not you: npx islet recover object`,
    ),
    ...(isDue || Drill.isFirst(person) ? ['It is time for a drill: npx islet drill ask'] : []),
  ];
  context.output(options).result(
    {
      guardians,
      need: rules?.threshold ?? 0,
      hours: (rules?.delay ?? 0) / 3600,
      guardianOf: charges,
      recoveries: underWay,
      emergencies,
      drilledAt: person.notes.drilledAt ?? null,
      drillDue: isDue,
    },
    lines.join('\n'),
  );
}

export class BadGuardiansError extends IsletError {
  override readonly name = 'BadGuardiansError';
  constructor() {
    super('CLI_BAD_GUARDIANS', '--need takes a number from 2 to 16, --hours one from 24 to 720.');
  }
}
