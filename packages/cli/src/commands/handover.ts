// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile, writeFile } from 'node:fs/promises';
import * as Granting from '@islet/client/Granting';
import * as Handover from '@islet/client/Handover';
import * as KeyRequest from '@islet/client/KeyRequest';
import type { Network } from '@islet/client/Network';
import * as Sentence from '@islet/client/Sentence';
import * as Signers from '@islet/client/Signers';
import * as Takeover from '@islet/client/Takeover';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { usualDelay } from '@islet/core/Guardians';
import { IsletError } from '@islet/core/IsletError';
import { type Command, Option } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as GrantTerms from '../GrantTerms.js';
import * as Leaving from '../Leaving.js';
import * as Pending from '../Pending.js';
import * as People from '../People.js';
import * as Who from '../Who.js';
import { EndedError } from './grant.js';
import { BadGuardiansError } from './guardians.js';
import { requireWords, WalletThereError } from './recover.js';

type Common = { person: string; json?: boolean };
type Taking = Common & {
  guardians?: string[] | false;
  need: string;
  hours: string;
  end: Takeover.Choice['ends'];
  parent?: string[];
  see?: 'follow' | 'visit' | 'emergency';
  until?: string;
  yes?: boolean;
};

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
    .action((file: string | undefined, options: Taking) => take(context, file, options));
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

/** What taking over means, and what it cannot undo. */
const meaning = [
  'This makes the account yours alone.',
  'From now on your device signs for it. Every other device is removed, with the chain and with every custodian; guardians are those you name now; apps may send as before and read nothing; grants to people without an organisation end, unless you say otherwise.',
  'What cannot be undone: what your parents opened, exported or printed before stays with them. Who copied the wallet or the kit keeps your half of the keys, of days before and to come. It opens nothing without the custodians, and those refuse them.',
  'A gateway on your parents’ computer still sees what your apps send through it: move to one of your own when you can.',
].join('\n');

async function take(context: Context, file: string | undefined, options: Taking): Promise<void> {
  const { home } = context;
  const output = context.output(options);
  const there = await People.find(home, options.person);
  if (there && !there.notes.taking) throw new WalletThereError(options.person);
  output.say(meaning);
  if (!options.yes && !there) throw new UnreadError();
  const seen = await seenBy(context, options);
  await using network = await connect(home);
  const person = there ?? (await begun(context, network, file, options));
  const taken = await Takeover.run(network, person, (p) => People.adopt(home, p as People.Person));
  await Pending.forget(home, options.person);
  const granted = await let_(context, network, person, seen);
  // On a computer that the family shares, the parents' part is done at once.
  const left = await Leaving.leaveAll(home, network, person.wallet.account);
  const names = await Who.names(home);
  const standing = taken.standing.map((g) => ({ ...g, reader: names.get(g.reader) ?? g.reader }));
  const { of } = taken.custodians;
  output.result(
    { account: AccountCode.print(person.wallet.account), ...taken, standing, granted, left },
    [
      taken.done
        ? `The account is yours alone: ${taken.ended.length} devices ended, on the chain and with all ${of} custodians.`
        : `The account is yours. ${taken.custodians.ended} of ${of} custodians have ended the other devices, ${taken.custodians.guardians} know your guardians${taken.apps ? '' : ', the gateway is away'}: run this again when all are up.`,
      ...(taken.invitation ? [`Give each guardian this invitation: ${taken.invitation}`] : []),
      ...(taken.revoked.length > 0 ? [`${taken.revoked.length} grants ended.`] : []),
      ...standing.map(
        (g) =>
          `Stands: ${g.reader} until ${new Date(g.expiresAt).toISOString().slice(0, 10)} (${g.grantId.slice(0, 12)})`,
      ),
      ...granted,
      ...(granted.length === 0 && taken.done
        ? ['May a parent still see something? Then grant it, as to anyone: npx islet grant --help']
        : []),
      'Print your own kit, and throw the old one away: npx islet kit print',
    ].join('\n'),
  );
  if (!taken.done) context.exit.code = 1;
}

async function begun(
  context: Context,
  network: Network,
  file: string | undefined,
  options: Taking,
): Promise<People.Person> {
  const { home } = context;
  const { newcomer } = await Pending.need(home, options.person);
  if (file === undefined) throw new NoParcelError();
  const choice = await choiceOf(context, options);
  const { wallet, notes, added } = await Handover.receive(network, newcomer, await readFile(file));
  const taking = Takeover.begin(network, added, choice);
  const person: People.Person = {
    wallet: { ...wallet, name: options.person },
    notes: { ...notes, taking },
  };
  // First, so that a wallet never stands there without what is left to do.
  await People.remember(home, person);
  await People.adopt(home, person);
  return person;
}

async function choiceOf(context: Context, options: Taking): Promise<Takeover.Choice> {
  const { guardians, need, hours, end } = options;
  if (guardians === undefined) throw new GuardiansUnsaidError();
  if (guardians === false) return { guardians: [], need: 0, delay: usualDelay, ends: end };
  const inRange = /^\d{1,2}$/.test(need) && Number(hours) >= 24 && Number(hours) <= 720;
  if (!inRange || Number(need) < 2 || Number(need) > guardians.length) throw new BadGuardiansError();
  const accounts = await Promise.all(guardians.map((name) => AccountCode.read(context.home, name)));
  return { guardians: accounts.map(toHex), need: Number(need), delay: Number(hours) * 3600, ends: end };
}

type Seen = {
  parents: { name: string; account: Uint8Array }[];
  see: NonNullable<Taking['see']>;
  until: string;
};

/** What the parents may still see: nothing, unless it is said wholly. */
async function seenBy(context: Context, options: Taking): Promise<Seen | null> {
  const { parent, see, until } = options;
  if (!parent && !see && !until) return null;
  if (!parent || !see || !until) throw new SeeUnsaidError();
  const parents = parent.map(async (name) => ({ name, account: await AccountCode.read(context.home, name) }));
  return { parents: await Promise.all(parents), see, until };
}

/** Grants what was chosen, as to anyone, once. */
async function let_(
  context: Context,
  network: Network,
  person: People.Person,
  seen: Seen | null,
): Promise<string[]> {
  if (!seen) return [];
  const { now, home } = context;
  const offsetMinutes = person.notes.dayOffsetMinutes ?? 0;
  const terms = GrantTerms.of({ preset: seen.see, until: seen.until }, { now: now(), offsetMinutes });
  if (terms.expiresAt <= now()) throw new EndedError();
  const granted: string[] = [];
  for (const { name, account } of seen.parents) {
    const mine = await Granting.grantsBy(network, person.wallet.account);
    const has = mine.some(
      (g) => g.reader === toHex(account) && g.revokedAt === null && g.expiresAt * 1000 > now(),
    );
    if (has) continue;
    const { grantId, salt } = await Granting.grant(network, person.wallet, { reader: account, ...terms });
    person.notes.grantSalts = { ...person.notes.grantSalts, [toHex(grantId)]: toHex(salt) };
    await People.remember(home, person);
    granted.push(Sentence.of(terms, name, 'your'));
  }
  return granted;
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

export class UnreadError extends IsletError {
  override readonly name = 'Handover.UnreadError';
  constructor() {
    super('CLI_HANDOVER_UNREAD', 'Nothing was done. Read what it means, then give --yes.');
  }
}

export class NoParcelError extends IsletError {
  override readonly name = 'Handover.NoParcelError';
  constructor() {
    super(
      'CLI_HANDOVER_NO_FILE',
      'Name the file that the parent’s device wrote: npx islet handover take FILE',
    );
  }
}

export class GuardiansUnsaidError extends IsletError {
  override readonly name = 'Handover.GuardiansUnsaidError';
  constructor() {
    super(
      'CLI_HANDOVER_GUARDIANS',
      'Say who can help you if you lose every device: --guardians with two or more people, or --no-guardians.',
    );
  }
}

export class SeeUnsaidError extends IsletError {
  override readonly name = 'Handover.SeeUnsaidError';
  constructor() {
    super(
      'CLI_HANDOVER_SEE',
      'For a parent to see something, say all of --parent, --see and --until; or none, and they see nothing.',
    );
  }
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
