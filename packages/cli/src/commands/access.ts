// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Http from '@islet/client/Http';
import { type Access, accesses, looks } from '@islet/client/Log';
import type { Network } from '@islet/client/Network';
import type { Wallet } from '@islet/client/Wallet';
import { fromHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import type { Look } from '@islet/core/Look';
import { codeOf, sentenceOf } from '@islet/core/Reason';
import type { Command } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import type { Output } from '../Output.js';
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
  const { wallet, notes } = await People.need(context.home, options.person);
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
  const deviceOf = (id: string): string => notes.devices?.find((d) => d.id === id)?.name ?? id;
  const own = (await ownDevices(network, wallet, output)).map((l) => ({ ...l, device: deviceOf(l.device) }));
  const lines = [
    ...found.map((a) => ({ at: a.at, text: sentence(a, nameOf) })),
    ...own.map((look) => ({ at: look.at, text: lookSentence(look) })),
  ].sort((a, b) => a.at - b.at);
  output.result(
    {
      accesses: list,
      looks: own.map((l) => ({ at: new Date(l.at).toISOString(), device: l.device, readings: l.count })),
      silentCustodians: silent,
    },
    lines.map((line) => line.text).join('\n') || 'Nobody has asked yet.',
  );
}

/** What the person's own devices read back. A gateway that is away keeps its part of the log to itself. */
async function ownDevices(network: Network, wallet: Wallet, output: Output): Promise<Look[]> {
  try {
    const { gatewayKey } = Http.json(await Http.get(network.gateway, '/health')) as { gatewayKey: string };
    const told = await looks(network, wallet, fromHex(gatewayKey));
    if (!told.sound)
      output.warn('The gateway’s list of your own devices’ looks was altered: do not rely on it.');
    return told.looks;
  } catch {
    output.warn('The gateway does not answer: what your own devices read is missing here.');
    return [];
  }
}

const lookSentence = ({ at, device, count }: Look): string =>
  `${timeOf(at)}  your device “${device}” read ${count} ${count === 1 ? 'reading' : 'readings'} of the last days.`;

const timeOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** One line of the log as a sentence. */
export function sentence(a: Access, nameOf: (account: string) => string): string {
  const when = timeOf(a.at);
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
