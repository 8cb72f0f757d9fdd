// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as Bundle from '@islet/core/Bundle';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Devices from '@islet/core/Devices';
import type * as Hubs from '@islet/core/Hubs';
import { isStream, type Stream } from '@islet/core/Stream';
import * as Stated from '@islet/core/wire/Stated';
import { nodeFiles } from '@islet/store/NodeFiles';
import { shred } from '@islet/store/Pack';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as z from 'zod';
import { type Lane, lane } from './Lane.js';
import { BUNDLES_IN_MEMORY, BUNDLES_PER_STREAM } from './limits.js';
import { RefusalError } from './Refusal.js';

/** A run of days whose public keys the wallet has signed. The keys themselves lie in the file. */
export type Run = { stream: Stream; firstDay: Day; days: number; version: number; file: string };

/** What is known of one person's account: where its days start, its keys, its devices. */
export type Account = {
  id: Uint8Array;
  hex: string;
  folder: string;
  runs: Run[];
  /** Minutes east of UTC at which each stream's days start; fixed once the stream holds a segment. */
  offsets: Map<Stream, number>;
  devicesVersion: number;
  devices: Devices.Device[];
  /** The list with the wallet's word on it, as it came. */
  devicesStated?: Uint8Array;
  /** The hub that the account named, with its word on it; without, the gateway's own. */
  hubs?: {
    url: string;
    version: number;
    stated: Uint8Array /** It has all there was when it was named. */;
    isPut: boolean;
  };
  lane: Lane;
};

const stored = z.object({
  runs: z.array(
    z.object({
      stream: z.string().refine(isStream),
      firstDay: z.int(),
      days: z.int(),
      version: z.int(),
      file: z.string().regex(/^[\w.-]+$/),
    }),
  ),
  offsets: z.array(z.tuple([z.string().refine(isStream), z.int()])),
  devicesVersion: z.int(),
  devices: z.string().nullable(),
  devicesStated: z.string().optional(),
  hubs: z.object({ url: z.string(), version: z.int(), stated: z.string(), isPut: z.boolean() }).optional(),
});

export type Accounts = {
  all: Map<string, Account>;
  /** Keeps a bundle that was checked. Throws 409 for an old version, or where days would start elsewhere. */
  putKeys(
    bundle: Bundle.StreamKeys,
    bytes: Uint8Array,
    version: number,
    holdsData: boolean,
  ): Promise<Account>;
  /** Replaces the list of devices. Throws 409 for an old version. */
  putDevices(list: Devices.Devices, stated: Stated.Document): Promise<Account>;
  /** Keeps where the account's data are. The same word again changes nothing. Throws 409 for an old version. */
  putHubs(hubs: Hubs.Hubs, stated: Stated.Document): Promise<Account>;
  /** The hub that it named has all there was. */
  arrived(account: Account): Promise<void>;
  /** Overwrites and removes all that is kept of an account that ended. */
  end(account: Account): Promise<void>;
  /** The patient's public key for a day, or the late key for null; `undefined` where no bundle has it. */
  keyOf(account: Account, stream: Stream, day: Day | null): Promise<Uint8Array | undefined>;
};

/** The newest run that holds a day; the newest of all for null. */
export const runOf = (account: Account, stream: Stream, day: Day | null): Run | undefined =>
  account.runs
    .filter((r) => r.stream === stream && (day === null || (day >= r.firstDay && day < r.firstDay + r.days)))
    .reduce<Run | undefined>((best, r) => (best && best.version > r.version ? best : r), undefined);

export async function open(folder: string): Promise<Accounts> {
  const home = join(folder, 'accounts');
  await nodeFiles.makeFolder(home);
  const all = new Map<string, Account>();
  for (const hex of await readdir(home)) {
    if (!/^[0-9a-f]{64}$/.test(hex)) continue;
    const account = await load(join(home, hex), hex);
    if (account) all.set(hex, account);
  }
  const parsed = new Map<string, Promise<Bundle.StreamKeys>>();

  async function of(id: Uint8Array): Promise<Account> {
    const hex = toHex(id);
    const known = all.get(hex);
    if (known) return known;
    const made = fresh(join(home, hex), hex);
    await nodeFiles.makeFolder(made.folder);
    const meanwhile = all.get(hex) ?? made;
    all.set(hex, meanwhile);
    return meanwhile;
  }

  function bundleOf(account: Account, run: Run): Promise<Bundle.StreamKeys> {
    const path = join(account.folder, run.file);
    let bundle = parsed.get(path);
    if (bundle) parsed.delete(path);
    else {
      bundle = PrivateFile.read(path).then((bytes) => Bundle.parseStreamKeys(bytes ?? new Uint8Array()));
      bundle.catch(() => parsed.delete(path));
    }
    // The one used last stands last.
    parsed.set(path, bundle);
    if (parsed.size > BUNDLES_IN_MEMORY) parsed.delete(parsed.keys().next().value!);
    return bundle;
  }

  return {
    all,
    async putKeys(bundle, bytes, version, holdsData) {
      const account = await of(bundle.account);
      return account.lane(async () => {
        const { stream, run, dayOffsetMinutes } = bundle;
        const same = account.runs.find((r) => r.stream === stream && r.firstDay === run.firstDay);
        if (same && version <= same.version) throw oldVersion();
        const offset = account.offsets.get(stream);
        if (offset !== undefined && offset !== dayOffsetMinutes && holdsData) throw offsetFixed();
        const others = account.runs.filter((r) => r !== same);
        if (others.filter((r) => r.stream === stream).length >= BUNDLES_PER_STREAM) throw tooMany();
        const file = `keys-${stream.replace('/', '-')}-${run.firstDay}-${version}`;
        await PrivateFile.write(join(account.folder, file), bytes);
        const next = {
          ...account,
          runs: [...others, { stream, firstDay: run.firstDay, days: run.keys.length, version, file }],
          offsets: new Map(account.offsets).set(stream, dayOffsetMinutes),
        };
        await save(next);
        Object.assign(account, next);
        if (same) await nodeFiles.remove(join(account.folder, same.file));
        return account;
      });
    },
    async putDevices(list, stated) {
      const { version } = stated.signed.message;
      const account = await of(list.account);
      return account.lane(async () => {
        if (version <= account.devicesVersion) throw oldVersion();
        const devicesStated = Stated.encodeDocument(stated);
        const next = { ...account, devices: list.devices, devicesVersion: version, devicesStated };
        await save(next);
        return Object.assign(account, next);
      });
    },
    async putHubs(hubs, stated) {
      const { version } = stated.signed.message;
      const account = await of(hubs.account);
      return account.lane(async () => {
        const before = account.hubs;
        const bytes = Stated.encodeDocument(stated);
        if (before && equal(before.stated, bytes)) return account;
        if (before && version <= before.version) throw oldVersion();
        const { url } = hubs.hubs[0]!;
        const isPut = before?.url === url && before.isPut;
        const next = { ...account, hubs: { url, version, stated: bytes, isPut } };
        await save(next);
        return Object.assign(account, next);
      });
    },
    arrived: (account) =>
      account.lane(async () => {
        // Nothing is kept of one that ended meanwhile.
        if (all.get(account.hex) !== account) return;
        const next = { ...account, hubs: { ...account.hubs!, isPut: true } };
        await save(next);
        Object.assign(account, next);
      }),
    async end(account) {
      all.delete(account.hex);
      for (const path of [...parsed.keys()]) if (path.startsWith(account.folder)) parsed.delete(path);
      await shredAll(account.folder);
      await nodeFiles.syncFolder(home);
    },
    async keyOf(account, stream, day) {
      const run = runOf(account, stream, day);
      return run && Bundle.keyOf(await bundleOf(account, run), day);
    },
  };
}

async function shredAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) await shredAll(join(folder, entry.name));
    else await shred(join(folder, entry.name), nodeFiles);
  await rm(folder, { recursive: true, force: true });
}

const fresh = (folder: string, hex: string): Account => ({
  id: fromHex(hex),
  hex,
  folder,
  runs: [],
  offsets: new Map(),
  devicesVersion: 0,
  devices: [],
  lane: lane(),
});

async function load(folder: string, hex: string): Promise<Account | undefined> {
  const bytes = await PrivateFile.read(join(folder, 'account'));
  if (!bytes) return undefined;
  const { runs, offsets, devicesVersion, devices, devicesStated, hubs } = stored.parse(
    JSON.parse(new TextDecoder().decode(bytes)),
  );
  return {
    ...fresh(folder, hex),
    runs: runs as Run[],
    offsets: new Map(offsets as [Stream, number][]),
    devicesVersion,
    devices: devices === null ? [] : Devices.parseDevices(fromHex(devices)).devices,
    ...(devicesStated === undefined ? {} : { devicesStated: fromHex(devicesStated) }),
    ...(hubs === undefined ? {} : { hubs: { ...hubs, stated: fromHex(hubs.stated) } }),
  };
}

async function save(account: Account): Promise<void> {
  const list = Devices.encodeDevices({ account: account.id, devices: account.devices });
  const json = JSON.stringify({
    runs: account.runs,
    offsets: [...account.offsets],
    devicesVersion: account.devicesVersion,
    devices: account.devicesVersion === 0 ? null : toHex(list),
    ...(account.devicesStated && { devicesStated: toHex(account.devicesStated) }),
    ...(account.hubs && { hubs: { ...account.hubs, stated: toHex(account.hubs.stated) } }),
  } satisfies z.input<typeof stored>);
  await PrivateFile.write(join(account.folder, 'account'), new TextEncoder().encode(json));
}

const oldVersion = (): RefusalError =>
  new RefusalError(
    409,
    'GATEWAY_OLD_VERSION',
    'A document of this or a later version is here already. Sign it with a higher version.',
  );

const offsetFixed = (): RefusalError =>
  new RefusalError(
    409,
    'GATEWAY_OFFSET_FIXED',
    'The stream holds data, so its days cannot start at another time any more. Sign the bundle with the offset of the first.',
  );

const tooMany = (): RefusalError =>
  new RefusalError(
    409,
    'GATEWAY_TOO_MANY_BUNDLES',
    `A stream has at most ${BUNDLES_PER_STREAM} bundles. Send longer runs of days.`,
  );
