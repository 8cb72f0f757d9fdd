// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Horizon from '@islet/client/Horizon';
import type { Network } from '@islet/client/Network';
import * as Provision from '@islet/client/Provision';
import type * as Home from './Home.js';
import * as People from './People.js';

const said: Record<string, (name: string) => string> = {
  registering: (name) => `registering ${name}`,
  enrolling: (name) => `enrolling ${name} with the custodians`,
  'making keys': (name) => `making ${name}'s keys`,
};

/** Makes a person of this data folder ready: account on chain; for a patient also custodians, gateway, keys. */
export async function provision(
  home: Home.Home,
  network: Network,
  name: string,
  role: People.Notes['role'],
  note: (text: string) => void = () => {},
): Promise<People.Person> {
  const person = await People.findOrCreate(home, name, role);
  await Provision.provision(network, person, {
    dayOffsetMinutes: -new Date().getTimezoneOffset(),
    deviceName: 'this computer',
    keep: People.keeper(home),
    reach: reachOf(person),
    onProgress: (what) => note(said[what]?.(name) ?? what),
  });
  return person;
}

/** How far the keys of a person here should reach: a gateway elsewhere runs on while this machine is off. */
export const reachOf = ({ notes }: People.Person): Horizon.Reach => {
  if (notes.gatewayUrl !== undefined) return Horizon.usual;
  return notes.hasUploader ? Horizon.beside : Horizon.first;
};
