// Copyright the Islet authors. AGPL-3.0-or-later.
import * as AccessRecord from '@islet/client/AccessRecord';
import * as Gateways from '@islet/client/Gateways';
import * as Http from '@islet/client/Http';
import { accesses, looks } from '@islet/client/Log';
import type { Network } from '@islet/client/Network';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import type { Look } from '@islet/core/Look';
import { isStream } from '@islet/core/Stream';
import { dayOf } from './Dates.js';
import { UnknownStreamError } from './GrantTerms.js';
import * as Home from './Home.js';
import * as People from './People.js';
import * as Who from './Who.js';

/** Which lines, as a person says it. Days are the person's own. */
export type Asked = { reader?: string; refused?: boolean; from?: string; to?: string; stream?: string };

/** Gathers the log of a person from chain, custodians and gateway. What is missing of it is warned of. */
export async function gather(
  home: Home.Home,
  network: Network,
  { wallet, notes }: People.Person,
  asked: Asked,
  warn: (text: string) => void,
): Promise<AccessRecord.AccessRecord> {
  const filters = await filtersOf(home, notes, asked);
  // Before the decisions are read: none up to this block is missing among them.
  const head = await network.chain.freshHead();
  const { accesses: found, silent } = await accesses(network, wallet);
  if (silent.length > 0)
    warn(`No answer from custodian ${silent.join(', ')}: their releases are missing here.`);
  const own = await ownDevices(network, { wallet, notes }, warn);
  const names = await Who.names(home);
  return AccessRecord.build({
    account: wallet.account,
    name: wallet.name,
    deployment: network.deployment,
    validators: await Home.validators(home),
    view: network.chain.state,
    block: head.number,
    accesses: found,
    ...own,
    silent,
    filters,
    nameOf: (id) => names.get(id) ?? null,
    deviceOf: (id) => notes.devices?.find((d) => d.id === id)?.name ?? id,
    saltOf: (grantId) => notes.grantSalts?.[grantId],
  });
}

async function filtersOf(home: Home.Home, notes: People.Notes, asked: Asked): Promise<AccessRecord.Filters> {
  const { stream } = asked;
  if (stream !== undefined && !isStream(stream)) throw new UnknownStreamError();
  const offset = notes.dayOffsetMinutes ?? 0;
  return {
    reader: asked.reader === undefined ? null : await readerOf(home, notes, asked.reader),
    refused: asked.refused ?? false,
    from: asked.from === undefined ? null : Day.startOf(dayOf(asked.from, '--from'), offset),
    to: asked.to === undefined ? null : Day.endOf(dayOf(asked.to, '--to'), offset),
    stream: stream ?? null,
  };
}

/** Someone with a wallet here, one of the person's devices, or an account in hexadecimal. */
async function readerOf(home: Home.Home, notes: People.Notes, name: string): Promise<string> {
  for (const [account, known] of await People.byAccount(home)) if (known === name) return account;
  const device = notes.devices?.find((d) => d.name === name);
  if (device) return device.id;
  if (/^[0-9a-f]{64}$/.test(name)) return name;
  throw new UnknownReaderError();
}

/** What the person's own devices read back. A gateway that is away keeps its part of the log to itself. */
async function ownDevices(
  installed: Network,
  person: People.Person,
  warn: (text: string) => void,
): Promise<{ looks: Look[]; gateway: string }> {
  const network = Gateways.of(installed, person);
  try {
    const { gatewayKey } = Http.json(await Http.get(network.gateway, '/health')) as { gatewayKey: string };
    const told = await looks(network, person.wallet, fromHex(gatewayKey));
    if (!told.sound) warn('The gateway’s list of your own devices’ looks was altered: do not rely on it.');
    return { looks: told.looks, gateway: toHex(fromHex(gatewayKey)) };
  } catch {
    warn('The gateway does not answer: what your own devices read is missing here.');
    return { looks: [], gateway: '' };
  }
}

export class UnknownReaderError extends IsletError {
  override readonly name = 'AccessLog.UnknownReaderError';
  constructor() {
    super(
      'CLI_UNKNOWN_READER',
      '--reader takes someone with a wallet here, one of the person’s devices, or an account of 64 hexadecimal digits.',
    );
  }
}
