// Copyright the Islet authors. AGPL-3.0-or-later.
// A young person's own part in taking over their account.
import { readFile } from 'node:fs/promises';
import * as Granting from '@islet/client/Granting';
import * as Handover from '@islet/client/Handover';
import type { Network } from '@islet/client/Network';
import * as Sentence from '@islet/client/Sentence';
import * as Takeover from '@islet/client/Takeover';
import { toHex } from '@islet/core/crypto/bytes';
import { usualDelay } from '@islet/core/Guardians';
import { IsletError } from '@islet/core/IsletError';
import * as AccountCode from './AccountCode.js';
import { connect } from './Connect.js';
import type { Context } from './Context.js';
import { EndedError } from './commands/grant.js';
import { BadGuardiansError } from './commands/guardians.js';
import { WalletThereError } from './commands/recover.js';
import * as GrantTerms from './GrantTerms.js';
import * as Leaving from './Leaving.js';
import * as Pending from './Pending.js';
import * as People from './People.js';
import * as Who from './Who.js';

export type Options = {
  person: string;
  json?: boolean;
  guardians?: string[] | false;
  need: string;
  hours: string;
  end: Takeover.Choice['ends'];
  parent?: string[];
  see?: 'follow' | 'visit' | 'emergency';
  until?: string;
  yes?: boolean;
};

/** What taking over means, and what it cannot undo. */
const meaning = [
  'This makes the account yours alone.',
  'From now on your device signs for it. Every other device is removed, with the chain and with every custodian; guardians are those you name now; apps may send as before and read nothing; grants to people without an organisation end, unless you say otherwise.',
  'What cannot be undone: what your parents opened, exported or printed before stays with them. Who copied the wallet or the kit keeps your half of the keys, of days before and to come. It opens nothing without the custodians, and those refuse them.',
  'A gateway on your parents’ computer still sees what your apps send through it: move to one of your own when you can.',
].join('\n');

export async function take(context: Context, file: string | undefined, options: Options): Promise<void> {
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
  const granted = await grantTo(context, network, person, seen);
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
  options: Options,
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

async function choiceOf(context: Context, options: Options): Promise<Takeover.Choice> {
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
  see: NonNullable<Options['see']>;
  until: string;
};

/** What the parents may still see: nothing, unless it is said wholly. */
async function seenBy(context: Context, options: Options): Promise<Seen | null> {
  const { parent, see, until } = options;
  if (!parent && !see && !until) return null;
  if (!parent || !see || !until) throw new SeeUnsaidError();
  const parents = parent.map(async (name) => ({ name, account: await AccountCode.read(context.home, name) }));
  return { parents: await Promise.all(parents), see, until };
}

/** Grants what was chosen, as to anyone, once. */
async function grantTo(
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
