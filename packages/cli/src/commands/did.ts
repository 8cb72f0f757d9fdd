// Copyright the Islet authors. AGPL-3.0-or-later.
import { verifiersOf } from '@islet/chain/Verifiers';
import { encryptionKeyOf } from '@islet/client/Account';
import * as Signers from '@islet/client/Signers';
import { fromHex } from '@islet/core/crypto/bytes';
import * as Did from '@islet/core/Did';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';

export function registerDid(program: Command, context: Context): void {
  program
    .command('did')
    .description('an account’s keys as a DID document, from the chain as this machine verified it')
    .argument('[account]', 'a name, an account’s code or id', 'me')
    .option('--json', 'one line of JSON')
    .action((account: string, options: { json?: boolean }) => run(context, account, options));
}

async function run(context: Context, code: string, options: { json?: boolean }): Promise<void> {
  await using network = await connect(context.home);
  const account = await AccountCode.read(context.home, code);
  const signers = (await Signers.list(network, account)).map(fromHex);
  const encryptionKey = await encryptionKeyOf(network, account);
  const document = Did.document({
    ...{ chainId: network.deployment.chainId, account, signers },
    verifiers: verifiersOf(network.deployment),
    ...(encryptionKey ? { encryptionKey } : {}),
  });
  context.output(options).result(document, JSON.stringify(document, null, 2));
}
