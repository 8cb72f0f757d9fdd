// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Asked from '@islet/client/Asked';
import * as Derivable from '@islet/client/Derivable';
import * as Given from '@islet/client/Given';
import * as Granting from '@islet/client/Granting';
import type { Network } from '@islet/client/Network';
import * as Sentence from '@islet/client/Sentence';
import type { Terms } from '@islet/client/Terms';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import * as Purpose from '@islet/core/Purpose';
import { streams } from '@islet/core/Stream';
import { type Command, Option } from 'commander';
import * as AccountCode from '../AccountCode.js';
import * as CircleCode from '../CircleCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as GrantTerms from '../GrantTerms.js';
import * as People from '../People.js';
import * as RoleFile from '../RoleFile.js';
import * as Who from '../Who.js';

type Options = GrantTerms.Changes & {
  ask?: string;
  reader?: string;
  role?: string;
  circle?: string;
  meant?: boolean;
  person: string;
  json?: boolean;
};

export function registerGrant(program: Command, context: Context): void {
  program
    .command('grant')
    .description('let someone see some days of some kinds of data, until a date')
    .option('--reader <name>', 'who may look: someone with a wallet here, an account’s code or id')
    .option('--role <name>', 'or: whoever holds this role of the organisation at the time')
    .option('--circle <code>', 'or: whoever is in this circle of yours at the time')
    .option('--ask <id>', 'or: what was asked of you, as asked; what else you say changes it')
    .addOption(
      new Option('--preset <name>', 'where to start from; what else you say changes it')
        .choices([...GrantTerms.presets])
        .conflicts('ask'),
    )
    .option('--streams <list>', `what, separated by commas: ${streams.join(', ')}`)
    .option('--from <date>', 'the first day they may see')
    .option('--to <date>', 'the last day they may see (default: as long as the permission lasts)')
    .option('--last <days>', 'of these, only the newest so many days, today included')
    .option('--until <date>', 'when the permission ends')
    .option('--hours <from-to>', 'at which time of day, like 08:00-15:30')
    .option('--weekdays <days>', 'on which days, like mon-fri')
    .addOption(new Option('--purpose <word>', 'what for').choices([...Purpose.grantable]))
    .option('--uses <n>', 'how often they may look; 0: as often as they like')
    .option('--emergency', 'only in an emergency, with a reason stated each time')
    .option('--meant', 'although it lets them work out more with what they have already')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home, now } = context;
  const person = await People.need(home, options.person);
  requireOne(options);
  const { dayOffsetMinutes: offsetMinutes = 0 } = person.notes;
  await using network = await connect(home);
  const ask = options.ask === undefined ? undefined : await Asked.need(network, person, options.ask);
  const terms = ask
    ? GrantTerms.asAsked(ask.terms, options)
    : GrantTerms.of({ ...options, until: untilIn(options) }, { now: now(), offsetMinutes });
  if (terms.expiresAt <= now()) throw new EndedError();
  const reader = ask ? fromHex(ask.reader) : await readerOf(context, network, person, options);
  if (!options.meant) await requireMeant(network, person, reader, terms);
  const { grantId, salt } = await Granting.grant(network, person.wallet, { reader, ...terms });
  person.notes.grantSalts = { ...person.notes.grantSalts, [toHex(grantId)]: toHex(salt) };
  await People.remember(home, person);
  if (ask && !(await Asked.granted(network, person, ask, toHex(grantId), People.keeper(home))))
    context
      .output(options)
      .warn('The grant stands, but its asker could not be told. They find it all the same.');
  const names = await Who.names(home);
  const sentence = sentenceOf(network, terms, toHex(reader), names, whose(options.person));
  context.output(options).result(
    {
      grant: toHex(grantId),
      reader: options.reader ?? null,
      role: options.role ?? null,
      ask: ask?.id ?? null,
      circle: options.circle === undefined ? null : toHex(reader),
      sentence,
      ...said(terms),
    },
    `${sentence}\nTo take it back: npx islet revoke ${toHex(grantId).slice(0, 12)}`,
  );
}

const untilIn = ({ until }: Options): string => {
  if (until === undefined) throw new GrantTerms.UnsaidError('--until');
  return until;
};

function requireOne({ reader, role, circle, ask }: Options): void {
  if ([reader, role, circle, ask].filter((who) => who !== undefined).length !== 1)
    throw new ReaderOrRoleError();
}

async function readerOf(
  { home }: Context,
  network: Network,
  { wallet }: People.Person,
  { reader, role, circle }: Options,
): Promise<Uint8Array> {
  if (circle !== undefined) return CircleCode.read(network, wallet.account, circle);
  if (role !== undefined) return (await RoleFile.need(home, role)).role;
  return AccountCode.isLong(reader!)
    ? AccountCode.read(home, reader!)
    : (await People.need(home, reader!)).wallet.account;
}

/** A grant's sentence, by what is known here of the one it is for: an account, a role or a circle. */
export function sentenceOf(
  { chain }: Network,
  terms: Terms,
  reader: string,
  names: Map<string, string>,
  whose: string,
): string {
  const nameOf = (id: string): string => names.get(id) ?? id;
  const circle = chain.state.circles.get(reader);
  return circle
    ? Sentence.ofCircle(terms, nameOf(circle.keeper), circle.maxPeople, whose)
    : Sentence.of(terms, nameOf(reader), whose);
}

/** What those whom the grant serves could work out with what they have, and no grant gives them, must be meant. */
async function requireMeant(
  network: Network,
  { wallet, notes }: People.Person,
  reader: Uint8Array,
  terms: Terms,
): Promise<void> {
  const given = await Given.by(network, wallet.account, (id) => notes.grantSalts?.[id]);
  for (const before of Given.before(network, given, reader))
    Derivable.requireMeant(before, Given.scopesOf(terms));
}

/** As sentences call the person whose data it is. */
export const whose = (person: string): string => (person === 'me' ? 'your' : `${person}’s`);

/** Terms as programs get them. */
export const said = (t: Terms) => ({
  streams: t.streams,
  from: Day.format(t.firstDay),
  to: Day.format(t.lastDay),
  last: t.rollingDays || null,
  hours: t.hours,
  until: new Date(t.expiresAt).toISOString(),
  purpose: t.purpose,
  uses: t.maxUses || null,
  emergency: t.emergency,
});

export class ReaderOrRoleError extends IsletError {
  override readonly name = 'Grant.ReaderOrRoleError';
  constructor() {
    super(
      'CLI_READER_OR_ROLE',
      'Say who may look: --reader NAME, or --role NAME, or --circle CODE, or --ask ID, and only one of them.',
    );
  }
}

export class EndedError extends IsletError {
  override readonly name = 'Grant.EndedError';
  constructor() {
    super('CLI_GRANT_ENDED', '--until lies in the past. Give a date to come.');
  }
}
