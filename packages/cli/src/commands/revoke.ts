// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Granting from '@islet/client/Granting';
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';

type Options = { person: string; json?: boolean };

export function registerRevoke(program: Command, context: Context): void {
  program
    .command('revoke')
    .description('end a grant at once')
    .argument('<grant>', 'its id, or the first characters of it')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((grant: string, options: Options) => run(context, grant, options));
}

async function run(context: Context, grant: string, options: Options): Promise<void> {
  const { wallet } = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const found = (await Granting.grantsBy(network, wallet.account)).filter((g) =>
    g.grantId.startsWith(grant.toLowerCase()),
  );
  const [only] = found;
  if (!only || found.length > 1 || grant.length < 4) throw new NoSuchGrantError(found.length > 1);
  const { told } = await Granting.revoke(network, wallet, fromHex(only.grantId));
  context
    .output(options)
    .result(
      { revoked: only.grantId, custodiansTold: told },
      `Revoked. From now on requests are refused, by the contract and by ${told} custodians told directly. What was opened before cannot be taken back.`,
    );
}

export class NoSuchGrantError extends IsletError {
  override readonly name = 'NoSuchGrantError';
  constructor(several: boolean) {
    super(
      'CLI_NO_SUCH_GRANT',
      several
        ? 'Several grants begin like that. Give more characters.'
        : 'There is no such grant. See: npx islet grants',
    );
  }
}
