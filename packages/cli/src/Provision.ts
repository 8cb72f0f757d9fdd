// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Account from '@islet/client/Account';
import * as Http from '@islet/client/Http';
import type { Network } from '@islet/client/Network';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Devices from '@islet/core/Devices';
import { type Stream, streams } from '@islet/core/Stream';
import type * as Home from './Home.js';
import * as People from './People.js';

/** Keys ahead and back that a gateway gets for live data (DESIGN 4). */
const daysBack = 90;
const daysAhead = 400;
const live = ['glucose/raw', 'glucose/hour', 'glucose/day'] as const;

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
  if (!notes.keyed) {
    notes.dayOffsetMinutes = -new Date().getTimezoneOffset();
    note(`making ${name}'s keys for ${daysBack + daysAhead} days`);
    await keyDays(home, network, person, liveRuns(network.now(), notes.dayOffsetMinutes));
  }
  if (!notes.devices) await pair(home, network, person, 'this computer', 'write');
  return person;
}

function liveRuns(now: number, offset: number): Account.Run[] {
  const today = Day.of(now, offset);
  return streams.map((stream) =>
    (live as readonly string[]).includes(stream)
      ? { stream, firstDay: today - daysBack, days: daysBack + daysAhead }
      : { stream, firstDay: today, days: 1 },
  );
}

/** What records of apps become, beside glucose; and for how many days around today the gateway gets keys of it. */
const ofApps = [
  'insulin/raw',
  'carbs/raw',
  'activity/raw',
  'device/raw',
  'note/raw',
  'profile/raw',
  'document/raw',
] as const;
const appDaysBack = 15;
const appDaysAhead = 100;

/** Gives the gateway keys for what apps send beside glucose, where it has none for the weeks to come. */
export async function keyApps(
  home: Home.Home,
  network: Network,
  person: People.Person,
  note: (text: string) => void = () => {},
): Promise<void> {
  const { keyed = {}, dayOffsetMinutes = 0 } = person.notes;
  const today = Day.of(network.now(), dayOffsetMinutes);
  const lacking = ofApps.filter(
    (stream) => !(keyed[stream] ?? []).some(([first, last]) => first <= today && last >= today + 30),
  );
  if (lacking.length === 0) return;
  const firstDay = today - appDaysBack;
  const days = appDaysBack + appDaysAhead;
  note(`making keys of ${days} days for what apps send`);
  await keyDays(
    home,
    network,
    person,
    lacking.map((stream) => ({ stream, firstDay, days })),
  );
}

/** Gives the gateway keys for those days and remembers which. */
export async function keyDays(
  home: Home.Home,
  network: Network,
  person: People.Person,
  runs: Account.Run[],
  onProgress?: (done: number, of: number) => void,
): Promise<void> {
  const { wallet, notes } = person;
  await Account.publishKeys(network, wallet, runs, notes.dayOffsetMinutes ?? 0, onProgress);
  const keyed = { ...notes.keyed };
  for (const { stream, firstDay, days } of runs)
    keyed[stream] = [...(keyed[stream] ?? []), [firstDay, firstDay + days - 1]];
  notes.keyed = keyed;
  await People.remember(home, person);
}

/** Makes a key for one device. It writes or it reads; both only where the person says so. */
export async function pair(
  home: Home.Home,
  network: Network,
  person: People.Person,
  name: string,
  may: Devices.Power,
  follows?: Stream[],
): Promise<{ id: string; secret: string }> {
  const { wallet, notes } = person;
  const device = {
    id: toHex(network.random(8)),
    name,
    may,
    secret: toHex(network.random(16)),
    ...(follows ? { streams: follows } : {}),
  };
  const devices = [...(notes.devices ?? []), device];
  const listed = await Promise.all(
    devices.map((d) =>
      Devices.of(
        { id: d.id, name: d.name, may: d.may, ...(d.streams ? { streams: d.streams } : {}) },
        d.secret,
      ),
    ),
  );
  const document = Devices.encodeDevices({ account: wallet.account, devices: listed });
  await Http.put(network.gateway, '/v1/devices', Account.state(network, wallet, 'devices', document));
  notes.devices = devices;
  await People.remember(home, person);
  return device;
}
