// Copyright the Islet authors. AGPL-3.0-or-later.
import { accesses } from '@islet/client/Log';
import * as Reviewing from '@islet/client/Reviewing';
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { reasonOf } from '@islet/fhir/AccessText';
import { type Command, Option } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import * as Who from '../Who.js';

type Options = { close?: string; as?: 'justified' | 'unjustified'; person: string; json?: boolean };

export function registerReviews(program: Command, context: Context): void {
  program
    .command('reviews')
    .description('emergencies in which your data were opened, and what was said of each')
    .option('--close <request>', 'say what you think of one, once, by the first characters of its id')
    .addOption(new Option('--as <word>', 'what you think').choices(['justified', 'unjustified']))
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home } = context;
  const { wallet } = await People.need(home, options.person);
  await using network = await connect(home);
  const names = await Who.names(home);
  const looks = async () =>
    (await accesses(network, wallet)).accesses.flatMap((a) =>
      a.emergency ? [{ ...a, emergency: a.emergency }] : [],
    );
  if (options.close !== undefined) {
    const { close, as } = options;
    const found = (await looks()).filter((a) => a.requestId.startsWith(close.toLowerCase()));
    const [only] = found;
    if (!only || found.length > 1 || close.length < 4 || as === undefined) throw new NoSuchReviewError();
    await Reviewing.asPatient(network, wallet, fromHex(only.requestId), { justified: as === 'justified' });
  }
  const reviews = (await looks()).map((a) => ({
    request: a.requestId,
    at: new Date(a.at).toISOString(),
    reader: names.get(a.reader) ?? a.reader,
    reason: a.emergency.reason?.text ?? null,
    closed: a.emergency.reviews.map((r) => ({
      by: names.get(r.by) ?? r.by,
      justified: r.justified,
      at: new Date(r.at).toISOString(),
    })),
    said: reasonOf({
      ...a.emergency,
      reason: a.emergency.reason && { salt: '', text: a.emergency.reason.text },
    }),
  }));
  const lines = reviews.map(({ request, at, reader, said, closed }) => {
    const why = said === null ? 'without telling you why' : `“${said}”`;
    const what = closed.map((c) => `${c.justified ? 'justified' : 'not justified'} (${c.by})`).join(', ');
    return `${request.slice(0, 12)}  ${at.slice(0, 16).replace('T', ' ')}  ${reader}: ${why}; ${what || 'not judged yet'}`;
  });
  context
    .output(options)
    .result(
      { reviews: reviews.map(({ said: _, ...r }) => r) },
      lines.join('\n') || 'Nobody has opened your data in an emergency.',
    );
}

export class NoSuchReviewError extends IsletError {
  override readonly name = 'NoSuchReviewError';
  constructor() {
    super(
      'CLI_NO_SUCH_REVIEW',
      'Name one emergency by at least four characters of its id, and say --as justified or --as unjustified.',
    );
  }
}
