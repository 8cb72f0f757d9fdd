// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Circle from '@islet/chain/Circles';
import * as Circles from '@islet/client/Circles';
import * as Sentence from '@islet/client/Sentence';
import { MAX_PEOPLE } from '@islet/core/Circle';
import { toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import * as CircleCode from '../CircleCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { untilOf } from '../Dates.js';
import * as People from '../People.js';
import * as Who from '../Who.js';

type Options = { json?: boolean };
type Opening = Options & { people: string; until: string; person: string };
type Within = Options & { circle: string; as: string };

/** Circles of carers: the patient opens and ends them, the keeper lets people in and out. */
export function registerCircle(program: Command, context: Context): void {
  const circle = program.command('circle').description('circles of carers, and who is in them');
  circle
    .command('open')
    .description('name someone who may let carers in, as many as you say')
    .argument('<keeper>', 'who lets people in: a name, an account code or an account id')
    .requiredOption('--people <n>', 'how many people may be in it at a time')
    .requiredOption('--until <date>', 'when nobody is in it any more')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((keeper: string, options: Opening) => open(context, keeper, options));
  circle
    .command('admit')
    .description('let a person in: all that was granted to the circle opens for them')
    .argument('<person>', 'a name, an account code or an account id')
    .requiredOption('--circle <code>', 'its id, or the first characters of it')
    .requiredOption('--as <name>', 'its keeper')
    .option('--json', 'one line of JSON')
    .action((person: string, options: Within) => admit(context, person, options));
  circle
    .command('dismiss')
    .description('take a person out, at once')
    .argument('<person>', 'a name, an account code or an account id')
    .requiredOption('--circle <code>', 'its id, or the first characters of it')
    .option('--as <name>', 'its keeper, or whose data it is', 'me')
    .option('--json', 'one line of JSON')
    .action((person: string, options: Within) => dismiss(context, person, options));
  circle
    .command('end')
    .description('end a circle, at once and for everybody in it')
    .argument('<circle>', 'its id, or the first characters of it')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((code: string, options: Options & { person: string }) => end(context, code, options));
  circle
    .command('list')
    .description('the circles that someone opened, keeps or is in')
    .option('--as <name>', 'who', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options & { as: string }) => list(context, options));
}

async function open(context: Context, keeper: string, options: Opening): Promise<void> {
  const { home } = context;
  const maxPeople = Number(options.people);
  if (!Number.isInteger(maxPeople) || maxPeople < 1 || maxPeople > MAX_PEOPLE) throw new BadPeopleError();
  const { wallet } = await People.need(home, options.person);
  const account = await AccountCode.read(home, keeper);
  await using network = await connect(home);
  const terms = { keeper: account, maxPeople, until: untilOf(options.until) };
  const id = toHex(await Circles.open(network, wallet, terms));
  const code = id.slice(0, 12);
  context
    .output(options)
    .result(
      { circle: id, keeper: toHex(account), people: maxPeople },
      `There is a circle ${code}, kept by ${keeper}, with nobody in it. It opens nothing before you grant to it: npx islet grant --circle ${code} …`,
    );
}

async function admit(context: Context, who: string, options: Within): Promise<void> {
  const { home } = context;
  const { wallet } = await People.need(home, options.as);
  const reader = await AccountCode.read(home, who);
  await using network = await connect(home);
  const circle = await CircleCode.read(network, wallet.account, options.circle);
  await Circles.admit(network, wallet, circle, reader);
  context
    .output(options)
    .result(
      { circle: toHex(circle), admitted: toHex(reader) },
      `${who} is in the circle. What was granted to it opens for them; the log names them, and you as who let them in.`,
    );
}

async function dismiss(context: Context, who: string, options: Within): Promise<void> {
  const { home } = context;
  const { wallet } = await People.need(home, options.as);
  const reader = await AccountCode.read(home, who);
  await using network = await connect(home);
  const circle = await CircleCode.read(network, wallet.account, options.circle);
  await Circles.dismiss(network, wallet, circle, reader);
  const isBarred = network.chain.state.circles.get(toHex(circle))?.barred.has(toHex(reader)) ?? false;
  context
    .output(options)
    .result(
      { circle: toHex(circle), dismissed: toHex(reader), forGood: isBarred },
      `${who} is out of the circle${isBarred ? ' for good: its keeper cannot let them in again' : ''}. Contract and custodians refuse from now on. What they opened before they have seen, and they keep the key to former grants, which opens nothing without custodians. Grants to come are sealed to a new key.`,
    );
}

async function end(context: Context, code: string, options: Options & { person: string }): Promise<void> {
  const { wallet } = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const circle = await CircleCode.read(network, wallet.account, code);
  await Circles.end(network, wallet, circle);
  context
    .output(options)
    .result(
      { ended: toHex(circle) },
      'The circle is over. From now on everybody who was in it is refused. What was opened before cannot be taken back.',
    );
}

async function list(context: Context, options: Options & { as: string }): Promise<void> {
  const { home, now } = context;
  const { wallet } = await People.need(home, options.as);
  await using network = await connect(home);
  const names = await Who.names(home);
  const nameOf = (id: string): string => names.get(id) ?? id;
  const circles = (await Circles.of(network, wallet.account)).map((c) => ({
    circle: c.circle,
    state: Circle.isOpen(c, now()) ? 'open' : c.endedAt === null ? 'expired' : 'ended',
    patient: nameOf(c.patient),
    keeper: nameOf(c.keeper),
    maxPeople: c.maxPeople,
    people: [...c.people.keys()].map(nameOf).sort(),
    barred: [...c.barred].map(nameOf).sort(),
    until: new Date(c.until * 1000).toISOString(),
  }));
  const lines = circles.map((c) => {
    const inside = c.people.join(', ') || 'nobody';
    const about = `of ${c.patient}, ${Sentence.circle(c.keeper, c.maxPeople)} until ${c.until.slice(0, 10)}`;
    return `${c.circle.slice(0, 12)}  ${c.state.padEnd(7)}  ${about}; in it: ${inside}`;
  });
  context.output(options).result({ circles }, lines.join('\n') || 'There is no circle.');
}

export class BadPeopleError extends IsletError {
  override readonly name = 'BadPeopleError';
  constructor() {
    super('CLI_BAD_PEOPLE', `--people needs a whole number from 1 to ${MAX_PEOPLE}.`);
  }
}
