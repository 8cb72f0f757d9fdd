// Copyright the Islet authors. AGPL-3.0-or-later.
// A gateway of a scene, a person paired with it, and a reader who holds both locks.
import { join } from 'node:path';
import * as Bundle from '@islet/core/Bundle';
import * as Content from '@islet/core/Content';
import { encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import { combine } from '@islet/core/crypto/shamir';
import * as Day from '@islet/core/Day';
import * as Devices from '@islet/core/Devices';
import * as Epoch from '@islet/core/Epoch';
import * as KeyTree from '@islet/core/KeyTree';
import * as Message from '@islet/core/Message';
import type { Reading } from '@islet/core/Reading';
import * as Readings from '@islet/core/Readings';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import { type Stream, streams } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import * as Stated from '@islet/core/wire/Stated';
import type { Events } from './events.js';
import * as Gateway from './Gateway.js';
import type { TestHub } from './hub.testkit.js';
import {
  gatewayMessage,
  newPerson,
  type Person,
  placeOf,
  random,
  type Scene,
  treeOf,
} from './scene.testkit.js';

export const silent: Events = {
  started: () => {},
  closed: () => {},
  troubled: () => {},
  recovered: () => {},
  putRefused: () => {},
  notDurable: () => {},
  failed: (where, error) => console.error(where, error),
};

export type OpenOptions = Partial<
  Pick<Gateway.Options, 'now' | 'openJournal' | 'settleTimeoutMs' | 'events'>
>;

export const openGateway = (scene: Scene, hub: TestHub, name: string, options: OpenOptions = {}) =>
  Gateway.open({
    config: {
      folder: join(scene.folder, name),
      port: 0,
      host: '127.0.0.1',
      rpcUrl: scene.rpcUrl,
      validators: scene.validators.map(toHex),
      hubUrl: hub.url,
      custodianUrls: scene.custodians.map((c) => c.url),
    },
    deployment: scene.deployment,
    now: Date.now,
    random,
    fetch,
    events: silent,
    settleTimeoutMs: 10_000,
    ...options,
  });

export type Paired = { person: Person; write: string; read: string };
export type Runs = { streams?: readonly Stream[]; firstDay: number; days: number; dayOffsetMinutes?: number };

let versions = 1_000;

/** Someone new, on chain, with keys and one device of each sort at the gateway. */
export async function pair(
  scene: Scene,
  gateway: { url: string; gatewayKey: Uint8Array },
  runs?: Runs,
): Promise<Paired> {
  const person = await newPerson(scene);
  await gatewayMessage(scene, person, 'authoriseGateway', gateway.gatewayKey);
  if (runs) await putKeys(scene, gateway, person, runs);
  const [write, read] = ['write', 'read'].map((may) => `${may}-${toHex(random(16))}`) as [string, string];
  await putDevices(scene, gateway, person, [
    await Devices.of({ id: 'phone', name: 'Phone', may: 'write' }, write),
    await Devices.of({ id: 'watch', name: 'Watch', may: 'read' }, read),
  ]);
  return { person, write, read };
}

export function document(
  scene: Scene,
  person: Person,
  kind: keyof typeof Stated.kinds,
  bytes: Uint8Array,
  version = ++versions,
): Uint8Array {
  const message = {
    ...placeOf(scene, 'identity'),
    account: person.account,
    kind: Stated.kinds[kind],
    hash: sha256(bytes),
    version,
  };
  return Stated.encodeDocument({ signed: Message.sign(Message.statement, message, person.wallet), bytes });
}

export const question = (
  scene: Scene,
  person: Person,
  version = Date.now(),
  kind: keyof typeof Stated.kinds = 'askLooks',
): string =>
  toHex(
    encodeSigned(
      Message.statement,
      Message.sign(
        Message.statement,
        {
          ...placeOf(scene, 'identity'),
          account: person.account,
          kind: Stated.kinds[kind],
          hash: new Uint8Array(32),
          version,
        },
        person.wallet,
      ),
    ),
  );

export const bundle = (
  person: Person,
  stream: Stream,
  { firstDay, days, dayOffsetMinutes = 0 }: Runs,
): Uint8Array =>
  Bundle.encodeStreamKeys(
    Bundle.streamKeys(
      KeyTree.root(person.seed, 0, stream),
      { account: person.account, stream, generation: 0, dayOffsetMinutes },
      firstDay,
      days,
    ),
  );

export async function putKeys(
  scene: Scene,
  gateway: { url: string },
  person: Person,
  runs: Runs,
): Promise<void> {
  for (const stream of runs.streams ?? streams)
    await ok(put(gateway, '/v1/keys', document(scene, person, 'streamKeys', bundle(person, stream, runs))));
}

export async function putDevices(
  scene: Scene,
  gateway: { url: string },
  person: Person,
  devices: Devices.Device[],
): Promise<void> {
  const bytes = Devices.encodeDevices({ account: person.account, devices });
  await ok(put(gateway, '/v1/devices', document(scene, person, 'devices', bytes)));
}

export const put = ({ url }: { url: string }, path: string, body: Uint8Array): Promise<Response> =>
  fetch(`${url}${path}`, { method: 'PUT', body: Buffer.from(body) });

export async function ok(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}

export const post = (
  { url }: { url: string },
  path: string,
  secret: string,
  body: Uint8Array | object,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'api-secret': secret, ...headers },
    body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
  });

export const get = ({ url }: { url: string }, path: string, secret: string): Promise<Response> =>
  fetch(`${url}${path}`, { headers: { 'api-secret': secret } });

export const ingestBody = (readings: Reading[], importId = ''): Uint8Array =>
  encode('islet/ingest', 1, [importId, Readings.encodeRun(readings)]);

export type Summary = { accepted: number; duplicates: number; late: number; days: number };

export const postReadings = async (
  gateway: { url: string },
  { write }: Paired,
  readings: Reading[],
  importId = '',
): Promise<Summary> =>
  (await (await ok(post(gateway, '/v1/readings', write, ingestBody(readings, importId)))).json()) as Summary;

export const settle = async (
  gateway: { url: string },
  { write }: Paired,
): Promise<{ days: number; segments: number }> =>
  (await (await ok(post(gateway, '/v1/settle', write, {}))).json()) as { days: number; segments: number };

export type Status = {
  readings: number;
  authorised: boolean;
  segments: { sealed: number; stored: number; anchored: number };
  backlog: { segments: number; refused: number };
  chain: { block: number | null };
};

export const status = async (gateway: { url: string }, { read }: Paired): Promise<Status> =>
  (await (await ok(get(gateway, '/v1/status', read))).json()) as Status;

const minute = 60_000;

/** Sensor readings, five minutes apart. */
export const cgm = (from: number, count: number, about: Partial<Reading> = {}): Reading[] =>
  Array.from({ length: count }, (_, i) => {
    const at = from + i * 5 * minute;
    return {
      kind: 'glucose',
      at,
      offsetMinutes: 0,
      said: new Date(at).toISOString(),
      source: { app: 'clarity', device: 'G6', id: null },
      value: 60 + ((i * 37) % 200),
      unit: 'mg/dL',
      beyond: null,
      method: 'cgm',
      ...about,
    } as Reading;
  });

/** Opens a segment with the patient's key and two of three custodians' shares. */
export async function openSegment(
  scene: Scene,
  person: Person,
  segment: Segment.Segment,
  epoch: Epoch.Epoch,
  shares: Shares.Shares,
): Promise<Content.Content> {
  const { stream, day } = epoch.header;
  const seedOf = (root: KeyTree.Node, purpose: 'xwing' | 'hpke') =>
    day === null ? KeyTree.lateSeed(root, purpose) : KeyTree.keySeed(KeyTree.leaf([root], day)!, purpose);
  const own = await Promise.all(
    [scene.custodians[0]!, scene.custodians[2]!].map((c) =>
      Shares.openOwn(shares, epoch, c.index, seedOf(treeOf(c, person.account, stream), 'hpke')),
    ),
  );
  const lockSecret = await combine(own.map((share) => share!));
  const contentKey = Epoch.open(epoch, seedOf(KeyTree.root(person.seed, 0, stream), 'xwing'), lockSecret);
  return Content.parse(Segment.open(segment, epoch, contentKey));
}

export async function openAtHub(
  scene: Scene,
  person: Person,
  hub: TestHub,
  hash: Uint8Array,
): Promise<Content.Content> {
  const segment = hub.segments.get(toHex(hash))!;
  const epochHash = toHex(segment.header.epochHash);
  return openSegment(scene, person, segment, hub.epochs.get(epochHash)!, hub.shares.get(epochHash)!);
}

/** All readings that the newest head of a stream leads to, for some days. */
export async function readingsAtHub(
  scene: Scene,
  person: Person,
  hub: TestHub,
  stream: Stream,
  days: number[],
): Promise<Reading[]> {
  const found: Reading[] = [];
  for (const day of days) {
    const entry = hub.entryOf(person.hex, stream, day);
    for (const hash of [...(entry?.closed ? [entry.closed] : []), ...(entry?.open ?? [])]) {
      const content = await openAtHub(scene, person, hub, hash);
      if (content.kind === 'readings') found.push(...content.readings);
    }
  }
  return found;
}

export async function until(holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it never came true');
    await new Promise((done) => setTimeout(done, 20));
  }
}

export const today = (dayOffsetMinutes = 0): number => Day.of(Date.now(), dayOffsetMinutes);
