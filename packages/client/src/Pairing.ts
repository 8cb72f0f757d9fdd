// Copyright the Islet authors. AGPL-3.0-or-later.
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Devices from '@islet/core/Devices';
import type { Stream } from '@islet/core/Stream';
import * as Stated from '@islet/core/wire/Stated';
import * as z from 'zod';
import * as Account from './Account.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Keep, Notes, Person } from './Person.js';
import type { Wallet } from './Wallet.js';

export type Device = NonNullable<Notes['devices']>[number];

/** Makes a key for one device. It writes or it reads; both only where the person says so. */
export async function pair(
  network: Network,
  person: Person,
  keep: Keep,
  name: string,
  may: Device['may'],
  follows?: Stream[],
): Promise<Device> {
  const device = draw(network, name, may, follows);
  const { mine, others } = await known(network, person);
  await tell(network, person, keep, [...mine, device], others);
  return device;
}

/** Makes a key for one device in place of all others, also of those that the person's other wallets paired. */
export async function pairOnly(
  network: Network,
  person: Person,
  keep: Keep,
  name: string,
  may: Device['may'],
): Promise<Device> {
  const device = draw(network, name, may);
  await tell(network, person, keep, [device]);
  return device;
}

const draw = ({ random }: Network, name: string, may: Device['may'], follows?: Stream[]): Device => ({
  id: toHex(random(8)),
  name,
  may,
  secret: toHex(random(16)),
  ...(follows ? { streams: follows } : {}),
});

/** Tells another gateway of all that is paired with this one. */
export async function carry(from: Network, to: Network, person: Person, keep: Keep): Promise<void> {
  const { mine, others } = await known(from, person);
  await tell(to, person, keep, mine, others);
}

/** Whatever has a key now; `isHere` where this wallet has its secret, and not another of the person's. */
export async function list(
  network: Network,
  person: Person,
): Promise<{ id: string; name: string; may: Device['may']; isHere: boolean }[]> {
  const { mine, others } = await known(network, person);
  const line = ({ id, name, may }: Pick<Device, 'id' | 'name' | 'may'>) => ({ id, name, may });
  return [
    ...mine.map((device) => ({ ...line(device), isHere: true })),
    ...others.map((device) => ({ ...line(device), isHere: false })),
  ];
}

/** Ends one device's key: from then on the gateway does not know it. */
export async function unpair(network: Network, person: Person, keep: Keep, id: string): Promise<void> {
  const { mine, others } = await known(network, person);
  const but = (device: { id: string }) => device.id !== id;
  await tell(network, person, keep, mine.filter(but), others.filter(but));
}

/** What is paired now: from here, with its secret, and from the person's other wallets, whose secrets are not here. */
async function known(
  network: Network,
  { wallet, notes }: Person,
): Promise<{ mine: Device[]; others: Devices.Device[] }> {
  const mine = notes.devices ?? [];
  const listed = await stated(network, wallet);
  if (!listed) return { mine, others: [] };
  const here = new Set(mine.map(({ id }) => id));
  const there = new Set(listed.map(({ id }) => id));
  // Which another wallet ended since is not begun again.
  return { mine: mine.filter(({ id }) => there.has(id)), others: listed.filter(({ id }) => !here.has(id)) };
}

/** The gateway's list as a wallet of the person signed it; none where nobody did who speaks for the account now. */
async function stated(network: Network, wallet: Wallet): Promise<Devices.Device[] | undefined> {
  await network.chain.follow();
  const { devicesStated } = answered.parse(
    await Account.askGateway(network, wallet, 'askLooks', '/v1/looks'),
  );
  if (!devicesStated) return undefined;
  const document = Stated.parseDocument(fromHex(devicesStated));
  const { message, signer } = document.signed;
  const { account } = wallet;
  // Stops: a gateway putting a key of its own into the list, which this wallet would sign, and take to other gateways.
  const isTheirs =
    Stated.isDocument(document, 'devices', hereOf(network.deployment)) &&
    equal(message.account, account) &&
    View.speaksFor(network.chain.state, account, signer);
  if (!isTheirs) return undefined;
  const list = Devices.parseDevices(document.bytes);
  return equal(list.account, account) ? list.devices : undefined;
}

/** A gateway of an earlier version does not keep who said so. */
const answered = z.object({ devicesStated: z.string().nullable().optional() });

/** Tells a gateway of the person's devices, these and no others, and remembers those with a secret. */
export async function tell(
  network: Network,
  person: Person,
  keep: Keep,
  devices: Device[],
  others: Devices.Device[] = [],
): Promise<void> {
  const { wallet, notes } = person;
  const listed = await Promise.all(
    devices.map(({ id, name, may, secret, streams }) =>
      Devices.of({ id, name, may, ...(streams ? { streams } : {}) }, secret),
    ),
  );
  const document = Devices.encodeDevices({ account: wallet.account, devices: [...listed, ...others] });
  await Http.put(network.gateway, '/v1/devices', Account.state(network, wallet, 'devices', document));
  notes.devices = devices;
  await keep(person);
}
