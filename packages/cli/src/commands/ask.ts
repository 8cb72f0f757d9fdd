// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Asking from '@islet/client/Asking';
import * as Sentence from '@islet/client/Sentence';
import { toHex } from '@islet/core/crypto/bytes';
import * as Purpose from '@islet/core/Purpose';
import { streams } from '@islet/core/Stream';
import { type Command, Option } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { untilOf } from '../Dates.js';
import * as GrantTerms from '../GrantTerms.js';
import * as People from '../People.js';
import * as RoleFile from '../RoleFile.js';
import * as Who from '../Who.js';
import { EndedError, said } from './grant.js';

type Options = GrantTerms.Options & {
  as: string;
  why: string;
  role?: string;
  deadline?: string;
  json?: boolean;
};

export function registerAsk(program: Command, context: Context): void {
  program
    .command('ask')
    .description('ask someone to let you see some of their data; they see who asks, for what, and why')
    .argument('<patient>', 'a name, an account code or an account id')
    .requiredOption('--as <name>', 'who asks')
    .requiredOption('--why <sentence>', 'why, in your words; only they can read it')
    .option('--role <name>', 'for whoever holds this role at the time, which you hold too: its name or code')
    .addOption(
      new Option('--preset <name>', 'where to start from; what else you say changes it').choices([
        ...GrantTerms.presets,
      ]),
    )
    .option('--streams <list>', `what, separated by commas: ${streams.join(', ')}`)
    .option('--from <date>', 'the first day to see')
    .option('--to <date>', 'the last day to see (default: as long as the permission lasts)')
    .option('--last <days>', 'of these, only the newest so many days, today included')
    .requiredOption('--until <date>', 'when the permission would end')
    .option('--hours <from-to>', 'at which time of day where they live, like 08:00-15:30')
    .option('--weekdays <days>', 'on which days, like mon-fri')
    .addOption(new Option('--purpose <word>', 'what for').choices([...Purpose.grantable]))
    .option('--uses <n>', 'how often to look; 0: as often as you like')
    .option('--emergency', 'only in an emergency, with a reason stated each time')
    .option('--deadline <date>', 'when the ask ends if nobody answers (default: in 14 days; at most 30)')
    .option('--json', 'one line of JSON')
    .action((patient: string, options: Options) => run(context, patient, options));
}

async function run(context: Context, asked: string, options: Options): Promise<void> {
  const { home, now } = context;
  const person = await People.need(home, options.as);
  const patient = await AccountCode.read(home, asked);
  // Where the patient's days begin is theirs to know: their wallet puts it right.
  const terms = GrantTerms.of(options, { now: now(), offsetMinutes: 0 });
  if (terms.expiresAt <= now()) throw new EndedError();
  const role = options.role === undefined ? undefined : await roleOf(context, options.role);
  await using network = await connect(home);
  const wanted = {
    ...{ patient, terms, why: options.why },
    ...(role && { role }),
    ...(options.deadline !== undefined && { deadline: untilOf(options.deadline) }),
  };
  const { id, deadline } = await Asking.ask(network, person, wanted, People.keeper(home));
  const names = await Who.names(home);
  const reader = role ? (names.get(toHex(role)) ?? 'whoever holds the role') : options.as;
  const sentence = Sentence.of(terms, reader, `${names.get(toHex(patient)) ?? 'the patient'}’s`);
  const until = new Date(deadline).toISOString();
  context
    .output(options)
    .result(
      { ask: id, patient: toHex(patient), sentence, deadline: until, ...said(terms) },
      `Asked, and open until ${until.slice(0, 10)}: ${sentence}\nNothing is granted by that. To see what came of it: npx islet asks --as ${options.as}`,
    );
}

async function roleOf({ home }: Context, text: string): Promise<Uint8Array> {
  return AccountCode.isLong(text) ? AccountCode.read(home, text) : (await RoleFile.need(home, text)).role;
}
