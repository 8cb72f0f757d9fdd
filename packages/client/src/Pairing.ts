// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Devices from '@islet/core/Devices';
import type { Stream } from '@islet/core/Stream';
import * as Account from './Account.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Keep, Notes, Person } from './Person.js';

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
  const secret = toHex(network.random(16));
  const device = {
    id: toHex(network.random(8)),
    name,
    may,
    secret,
    ...(follows ? { streams: follows } : {}),
  };
  await tell(network, person, keep, [...(person.notes.devices ?? []), device]);
  return device;
}

/** Ends one device's key: from then on the gateway does not know it. */
export async function unpair(network: Network, person: Person, keep: Keep, id: string): Promise<void> {
  const devices = (person.notes.devices ?? []).filter((device) => device.id !== id);
  await tell(network, person, keep, devices);
}

/** Tells a gateway of the person's devices, and remembers them. */
export async function tell(network: Network, person: Person, keep: Keep, devices: Device[]): Promise<void> {
  const { wallet, notes } = person;
  const listed = await Promise.all(
    devices.map(({ id, name, may, secret, streams }) =>
      Devices.of({ id, name, may, ...(streams ? { streams } : {}) }, secret),
    ),
  );
  const document = Devices.encodeDevices({ account: wallet.account, devices: listed });
  await Http.put(network.gateway, '/v1/devices', Account.state(network, wallet, 'devices', document));
  notes.devices = devices;
  await keep(person);
}
