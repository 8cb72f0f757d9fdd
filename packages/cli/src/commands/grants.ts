// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Given from '@islet/client/Given';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';
import * as Who from '../Who.js';
import { said, sentenceOf, whose } from './grant.js';

type Options = { person: string; json?: boolean };

export function registerGrants(program: Command, context: Context): void {
  program
    .command('grants')
    .description('who may look now, and who might before')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home, now } = context;
  const { wallet, notes } = await People.need(home, options.person);
  await using network = await connect(home);
  const names = await Who.names(home);
  const given = await Given.by(network, wallet.account, (id) => notes.grantSalts?.[id]);
  const grants = given.map((g) => {
    const reader = names.get(g.reader) ?? g.reader;
    const until = new Date(g.expiresAt * 1000).toISOString();
    return {
      grant: g.grantId,
      reader,
      grantedAt: new Date(g.grantedAt).toISOString(),
      expiresAt: until,
      state: g.revokedAt !== null ? 'revoked' : Given.isActive(g, now()) ? 'active' : 'expired',
      revokedAt: g.revokedAt === null ? null : new Date(g.revokedAt).toISOString(),
      // Terms are words that the chain does not have: they are known where the grant was made.
      sentence: g.terms
        ? sentenceOf(network, g.terms, g.reader, names, whose(options.person))
        : `${reader}, until ${until.slice(0, 10)}; its terms are known where it was granted.`,
      terms: g.terms && said(g.terms),
    };
  });
  const lines = grants.map((g) => `${g.grant.slice(0, 12)}  ${g.state.padEnd(7)}  ${g.sentence}`);
  context.output(options).result({ grants }, lines.join('\n') || 'Nobody was ever granted anything.');
}
