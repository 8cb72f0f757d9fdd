// Copyright the Islet authors. AGPL-3.0-or-later.
import { grantsBy } from '@islet/client/Granting';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';

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
  const { wallet } = await People.need(home, options.person);
  await using network = await connect(home);
  const people = await People.byAccount(home);
  const grants = (await grantsBy(network, wallet.account)).map((g) => ({
    grant: g.grantId,
    reader: people.get(g.reader) ?? g.reader,
    grantedAt: new Date(g.grantedAt).toISOString(),
    expiresAt: new Date(g.expiresAt * 1000).toISOString(),
    state: g.revokedAt !== null ? 'revoked' : g.expiresAt * 1000 <= now() ? 'expired' : 'active',
    revokedAt: g.revokedAt === null ? null : new Date(g.revokedAt).toISOString(),
  }));
  const lines = grants.map(
    (g) => `${g.grant.slice(0, 12)}  ${g.state.padEnd(7)}  ${g.reader}, until ${g.expiresAt.slice(0, 10)}`,
  );
  context.output(options).result({ grants }, lines.join('\n') || 'Nobody was ever granted anything.');
}
