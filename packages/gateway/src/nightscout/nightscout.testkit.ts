// Copyright the Islet authors. AGPL-3.0-or-later.
// A gateway for Nightscout's clients, and people whose uploader and follower ask it.
import { toHex } from '@islet/core/crypto/bytes';
import * as Devices from '@islet/core/Devices';
import type { Reading } from '@islet/core/Reading';
import type { Stream } from '@islet/core/Stream';
import type { Gateway } from '../Gateway.js';
import {
  type OpenOptions,
  ok,
  openAtHub,
  openGateway,
  type Paired,
  pair,
  putDevices,
  type Runs,
  readingsAtHub,
  settle,
  today,
} from '../gateway.testkit.js';
import { startHub, type TestHub } from '../hub.testkit.js';
import { random, type Scene, startScene } from '../scene.testkit.js';
import type { Fields } from './Json.js';

/** Someone whose `both` key writes and reads. */
export type Who = Paired & { both: string };

export type Stage = {
  scene: Scene;
  hub: TestHub;
  gateway: () => Gateway;
  someone(runs?: Runs): Promise<Who>;
  /** A call with the writing key for anything but GET, under API v1 unless the path begins with a slash. */
  fetch(
    who: Who,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** The list that an upload is answered with. */
  sent(who: Who, method: string, path: string, body: unknown): Promise<Fields[]>;
  asked(who: Who, method: string, path: string): Promise<Fields>;
  read(who: Who, path: string): Promise<Fields[]>;
  /** What opens with both locks of what the hub has. */
  held(who: Who, stream: Stream): Promise<Reading[]>;
  /** What opens of the segments that were sealed to a late key. */
  late(who: Who, stream: Stream): Promise<Reading[]>;
  /** A further device of someone; answers its secret. */
  alsoPaired(who: Who, name: string, about: Pick<Devices.Device, 'may' | 'streams'>): Promise<string>;
  restart(): Promise<void>;
  close(): Promise<void>;
};

const devicesOf = async (who: Who): Promise<Devices.Device[]> => [
  await Devices.of({ id: 'phone', name: 'Phone', may: 'write' }, who.write),
  await Devices.of({ id: 'watch', name: 'Watch', may: 'read' }, who.read),
  await Devices.of({ id: 'loop', name: 'Loop', may: 'both' }, who.both),
];

/** The streams that Nightscout's records become. */
const keyed: Stream[] = [
  'glucose/raw',
  'insulin/raw',
  'carbs/raw',
  'activity/raw',
  'device/raw',
  'note/raw',
  'profile/raw',
  'document/raw',
];

export async function stage(name: string, options: OpenOptions = {}): Promise<Stage> {
  const scene = await startScene();
  const hub = await startHub(scene);
  let gateway = await openGateway(scene, hub, name, options);
  const firstDay = today() - 1;
  const call: Stage['fetch'] = (who, method, path, body, headers = {}) =>
    fetch(`${gateway.url}${path.startsWith('/') ? '' : '/api/v1/'}${path}`, {
      method,
      headers: { 'api-secret': method === 'GET' ? who.read : who.write, ...headers },
      ...(body === undefined
        ? {}
        : { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
    });
  const json = async (asked: Promise<Response>): Promise<never> => (await (await ok(asked)).json()) as never;
  return {
    scene,
    hub,
    gateway: () => gateway,
    async someone(runs = { streams: keyed, firstDay, days: 3 }) {
      const paired = await pair(scene, gateway, runs);
      const who = { ...paired, both: `both-${toHex(random(16))}` };
      await putDevices(scene, gateway, paired.person, await devicesOf(who));
      return who;
    },
    async alsoPaired(who, name, about) {
      const secret = toHex(random(16));
      const more = await Devices.of({ id: name, name, ...about }, secret);
      await putDevices(scene, gateway, who.person, [...(await devicesOf(who)), more]);
      return secret;
    },
    fetch: call,
    sent: (who, method, path, body) => json(call(who, method, path, body)),
    asked: (who, method, path) => json(call(who, method, path)),
    read: (who, path) => json(call(who, 'GET', path)),
    async held(who, stream) {
      await settle(gateway, who);
      const days = Array.from({ length: 3 }, (_, i) => firstDay + i);
      return readingsAtHub(scene, who.person, hub, stream, days);
    },
    async late(who, stream) {
      await settle(gateway, who);
      const found: Reading[] = [];
      for (const hash of hub.headOf(who.person.hex, stream)?.statement.late ?? []) {
        const content = await openAtHub(scene, who.person, hub, hash);
        if (content.kind === 'readings') found.push(...content.readings);
      }
      return found;
    },
    async restart() {
      await gateway.close();
      gateway = await openGateway(scene, hub, name, options);
    },
    async close() {
      await gateway.close();
      await hub[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}
