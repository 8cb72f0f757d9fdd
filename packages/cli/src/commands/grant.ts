// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Granting from '@islet/client/Granting';
import { toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { isStream, type Stream, streams } from '@islet/core/Stream';
import { type Command, Option } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { rangeOf, untilOf } from '../Dates.js';
import * as People from '../People.js';

type Options = {
  reader: string;
  streams: string;
  from: string;
  to: string;
  until: string;
  purpose: string;
  uses: string;
  person: string;
  json?: boolean;
};

/** HL7 v3 PurposeOfUse, in words. */
const purposes = ['treatment', 'care-giving', 'emergency', 'research', 'payment'];

export function registerGrant(program: Command, context: Context): void {
  program
    .command('grant')
    .description('let someone see some days of some kinds of data, until a date')
    .requiredOption('--reader <name>', 'who may look')
    .requiredOption('--streams <list>', `what, separated by commas: ${streams.join(', ')}`)
    .requiredOption('--from <date>', 'the first day they may see')
    .requiredOption('--to <date>', 'the last day they may see')
    .requiredOption('--until <date>', 'when the permission ends')
    .addOption(new Option('--purpose <word>', 'what for').choices(purposes).default('treatment'))
    .option('--uses <n>', 'how often they may look; 0: as often as they like', '0')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home, now } = context;
  const person = await People.need(home, options.person);
  const reader = await People.need(home, options.reader);
  const wanted = options.streams.split(',').map((s) => s.trim());
  const known = wanted.filter(isStream);
  if (known.length !== wanted.length || known.length === 0) throw new UnknownStreamError();
  const maxUses = Number(options.uses);
  if (!/^\d{1,7}$/.test(options.uses) || maxUses > 1_000_000) throw new BadUsesError();
  const expiresAt = untilOf(options.until);
  if (expiresAt <= now()) throw new EndedError();
  await using network = await connect(home);
  const range = rangeOf(options.from, options.to);
  const { grantId, salt } = await Granting.grant(network, person.wallet, {
    reader: reader.wallet.account,
    streams: [...new Set<Stream>(known)],
    ...range,
    // A minute back: the chain's clock may be a moment behind ours.
    notBefore: now() - 60_000,
    expiresAt,
    purpose: options.purpose as 'treatment',
    maxUses,
  });
  person.notes.grantSalts = { ...person.notes.grantSalts, [toHex(grantId)]: toHex(salt) };
  await People.remember(home, person);
  context.output(options).result(
    {
      grant: toHex(grantId),
      reader: options.reader,
      streams: known,
      from: options.from,
      to: options.to,
      until: new Date(expiresAt).toISOString(),
      purpose: options.purpose,
    },
    `${options.reader} may see ${known.join(', ')} of ${options.person} from ${options.from} to ${options.to}, until ${options.until}, for ${options.purpose}.\nTo take it back: npx islet revoke ${toHex(grantId).slice(0, 12)}`,
  );
}

export class UnknownStreamError extends IsletError {
  override readonly name = 'Grant.UnknownStreamError';
  constructor() {
    super('CLI_UNKNOWN_STREAM', `--streams takes some of: ${streams.join(', ')}.`);
  }
}

export class BadUsesError extends IsletError {
  override readonly name = 'Grant.BadUsesError';
  constructor() {
    super('CLI_BAD_USES', '--uses takes a whole number from 0 to 1000000.');
  }
}

export class EndedError extends IsletError {
  override readonly name = 'Grant.EndedError';
  constructor() {
    super('CLI_GRANT_ENDED', '--until lies in the past. Give a date to come.');
  }
}
