// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Account from '@islet/client/Account';
import * as Http from '@islet/client/Http';
import type { Network } from '@islet/client/Network';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Devices from '@islet/core/Devices';
import { isStream, type Stream, streams } from '@islet/core/Stream';
import type * as Home from './Home.js';
import * as Horizon from './Horizon.js';
import * as People from './People.js';

/** What a person who has paired no uploader yet is likely to need first: the rest comes with the uploader. */
const first = ['glucose/raw', 'glucose/hour', 'glucose/day'] as const;

/** Makes a person ready: account on chain; for a patient also custodians, gateway, keys. Every step once, resumable. */
export async function provision(
  home: Home.Home,
  network: Network,
  name: string,
  role: People.Notes['role'],
  note: (text: string) => void = () => {},
): Promise<People.Person> {
  const person = await People.findOrCreate(home, name, role);
  const { wallet, notes } = person;
  await network.chain.follow();
  if (!network.chain.state.accounts.has(toHex(wallet.account))) {
    note(`registering ${name}`);
    notes.registration = toHex(await Account.register(network, wallet));
    await People.remember(home, person);
    await network.chain.follow();
  }
  if (role === 'clinician') return person;
  const registration = People.registrationOf(person);
  if (!notes.enrolled && registration) {
    note(`enrolling ${name} with the custodians`);
    await Account.enrol(network, registration);
    notes.enrolled = true;
    await People.remember(home, person);
  }
  const health = Http.json(await Http.get(network.gateway, '/health')) as { gatewayKey: string };
  await Account.authoriseGateway(network, wallet, fromHex(health.gatewayKey));
  if (notes.gatewayKey !== undefined && notes.gatewayKey !== health.gatewayKey) {
    note(`making ${name} known to a new gateway`);
    await acquaint(home, network, person);
  }
  notes.gatewayKey = health.gatewayKey;
  notes.dayOffsetMinutes ??= -new Date().getTimezoneOffset();
  await Horizon.renew(home, network, person, streamsOf(person), () => note(`making ${name}'s keys`));
  if (!notes.devices) await pair(home, network, person, 'this computer', 'write');
  return person;
}

/** Streams that must never be without keys: the first ones, and what an uploader may send. */
const streamsOf = ({ notes }: People.Person): readonly Stream[] => (notes.hasUploader ? streams : first);

/** Makes a key for one device. It writes or it reads; both only where the person says so. */
export async function pair(
  home: Home.Home,
  network: Network,
  person: People.Person,
  name: string,
  may: Devices.Power,
  follows?: Stream[],
): Promise<{ id: string; secret: string }> {
  const { notes } = person;
  const device = {
    id: toHex(network.random(8)),
    name,
    may,
    secret: toHex(network.random(16)),
    ...(follows ? { streams: follows } : {}),
  };
  const devices = [...(notes.devices ?? []), device];
  await listDevices(network, person, devices);
  notes.devices = devices;
  await People.remember(home, person);
  return device;
}

/** Tells a gateway that knows nothing of a person, such as one in place of a lost one, what the last one was told. */
async function acquaint(home: Home.Home, network: Network, person: People.Person): Promise<void> {
  const { notes } = person;
  const runs = Object.entries(notes.keyed ?? {}).flatMap(([stream, ranges]) =>
    isStream(stream) ? ranges.map(([from, to]) => ({ stream, firstDay: from, days: to - from + 1 })) : [],
  );
  notes.keyed = {};
  await Horizon.keyDays(home, network, person, runs);
  await listDevices(network, person, notes.devices ?? []);
}

async function listDevices(
  network: Network,
  { wallet }: People.Person,
  devices: NonNullable<People.Notes['devices']>,
): Promise<void> {
  const listed = await Promise.all(
    devices.map(({ id, name, may, secret, streams }) =>
      Devices.of({ id, name, may, ...(streams ? { streams } : {}) }, secret),
    ),
  );
  const document = Devices.encodeDevices({ account: wallet.account, devices: listed });
  await Http.put(network.gateway, '/v1/devices', Account.state(network, wallet, 'devices', document));
}
