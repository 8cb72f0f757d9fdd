// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { type Stream, streams } from '@islet/core/Stream';
import * as Account from './Account.js';
import * as Gateways from './Gateways.js';
import * as Horizon from './Horizon.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import * as Pairing from './Pairing.js';
import type { Keep, Person, Progress } from './Person.js';

/** What a person who has paired no uploader yet is likely to need first: the rest comes with the uploader. */
const first = [
  'glucose/raw',
  'glucose/hour',
  'glucose/day',
  'glucose/week',
  'glucose/report',
  'glucose/live',
] as const;

export type Options = {
  /** Where the person's days start, minutes east of UTC. */
  dayOffsetMinutes: number;
  /** What to call the device that they begin on. */
  deviceName: string;
  keep: Keep;
  reach?: Horizon.Reach;
  onProgress?: Progress;
};

/** Makes a person ready: account on chain; for a patient also custodians, gateway, keys. Every step once, resumable. */
export async function provision(installed: Network, person: Person, options: Options): Promise<void> {
  const network = Gateways.of(installed, person);
  const { keep, onProgress = () => {} } = options;
  const { wallet, notes } = person;
  // Their account has ended; who wants to begin again takes a new one.
  if (notes.erased) return;
  await network.chain.follow();
  if (!network.chain.state.accounts.has(toHex(wallet.account))) {
    onProgress('registering', 0, 1);
    notes.registration = toHex(await Account.register(network, wallet));
    await keep(person);
    await network.chain.follow();
  }
  if (notes.role === 'clinician') return;
  if (!notes.enrolled && notes.registration !== undefined) {
    onProgress('enrolling', 0, 1);
    await Account.enrol(network, fromHex(notes.registration));
    notes.enrolled = true;
    await keep(person);
  }
  const health = Http.json(await Http.get(network.gateway, '/health')) as { gatewayKey: string };
  await Account.authoriseGateway(network, wallet, fromHex(health.gatewayKey));
  if (notes.gatewayKey !== undefined && notes.gatewayKey !== health.gatewayKey)
    await acquaint(network, person, keep, onProgress);
  notes.gatewayKey = health.gatewayKey;
  notes.dayOffsetMinutes ??= options.dayOffsetMinutes;
  await Horizon.renew(network, person, streamsOf(person), keep, options.reach, onProgress);
  if (!notes.devices) await Pairing.pair(network, person, keep, options.deviceName, 'write');
}

/** Tells a gateway that knows nothing of a person, such as one in place of a lost one, what the last one was told. */
export async function acquaint(
  network: Network,
  person: Person,
  keep: Keep,
  onProgress: Progress,
): Promise<void> {
  await Horizon.renewAll(network, person, keep, onProgress);
  await Pairing.tell(network, person, keep, person.notes.devices ?? []);
}

/** Streams that must never be without keys: the first ones, and what an uploader may send. */
export const streamsOf = ({ notes }: Person): readonly Stream[] => (notes.hasUploader ? streams : first);
