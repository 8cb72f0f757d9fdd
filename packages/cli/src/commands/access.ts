// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Access, accesses } from '@islet/client/Log';
import * as Day from '@islet/core/Day';
import { codeOf, sentenceOf } from '@islet/core/Reason';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as People from '../People.js';

type Options = { person: string; json?: boolean };

export function registerAccess(program: Command, context: Context): void {
  program
    .command('access')
    .description('who saw what, and who was refused')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { wallet } = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const { accesses: found, silent } = await accesses(network, wallet);
  const people = await People.byAccount(context.home);
  const nameOf = (account: string): string => people.get(account) ?? `account ${account.slice(0, 12)}`;
  const list = found.map((a) => ({
    number: a.number,
    at: new Date(a.at).toISOString(),
    reader: nameOf(a.reader),
    outcome: a.reason === 0 ? 'granted' : 'refused',
    code: codeOf(a.reason),
    reason: sentenceOf(a.reason),
    from: a.scope ? safeDay(a.scope.firstDay) : null,
    to: a.scope ? safeDay(a.scope.lastDay) : null,
    times: a.count,
    requestId: a.requestId,
    releases: a.releases,
  }));
  const output = context.output(options);
  if (silent.length > 0)
    output.warn(`No answer from custodian ${silent.join(', ')}: their releases are missing here.`);
  output.result(
    { accesses: list, silentCustodians: silent },
    found.map((a) => sentence(a, nameOf)).join('\n') || 'Nobody has asked yet.',
  );
}

/** One line of the log as a sentence. */
export function sentence(a: Access, nameOf: (account: string) => string): string {
  const when = new Date(a.at).toISOString().slice(0, 16).replace('T', ' ');
  const days = a.scope ? ` for ${safeDay(a.scope.firstDay)} to ${safeDay(a.scope.lastDay)}` : '';
  const who = nameOf(a.reader);
  if (a.reason !== 0) {
    const again = a.count > 1 ? `, asked ${a.count} times` : '';
    return `${when}  ${who} asked${days} and was refused: ${sentenceOf(a.reason)}${again}.`;
  }
  const by = a.releases
    .map((r) => r.custodian)
    .sort()
    .join(' and ');
  return `${when}  ${who} looked${days}${by ? `; opened by custodians ${by}` : '; nothing was released'}.`;
}

const safeDay = (day: number): string => (Day.isDay(day) ? Day.format(day) : 'no day');
