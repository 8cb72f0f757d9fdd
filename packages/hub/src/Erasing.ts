// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Follower } from '@islet/chain/Follower';
import type * as View from '@islet/chain/View';
import { decode } from '@islet/core/codec';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import { covers, type Extent, isEverything } from '@islet/core/Erasure';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import * as Segment from '@islet/core/Segment';
import { streams as allStreams } from '@islet/core/Stream';
import type { Order } from '@islet/core/wire/Erasing';
import type { Archive } from './Archive.js';
import type { Asks } from './Asks.js';
import * as Backups from './Backups.js';
import * as HeadStand from './HeadStand.js';
import { patientId } from './Hot.js';
import type { KeyedLock } from './KeyedLock.js';
import { ERASE_AT_ONCE } from './limits.js';

export type Options = {
  archive: Archive;
  asks: Asks;
  follower: Follower<View.View>;
  locks: KeyedLock;
  /** The relay key, which signs the receipt. */
  key: Uint8Array;
  hub: Uint8Array;
  now: () => number;
};

/**
 * Destroys what this hub keeps of an erasure that the chain has recorded: sealed bytes, with the blinds in them, their
 * epochs and shares, evidence that quotes them, sealed keys of grants, and with everything what passkeys bring back, asks
 * and answers. Hashes and leaves stay in the journal: other people's receipts are paths through them. May be repeated.
 * Returns the signed receipt.
 */
export async function carryOut(options: Options, order: Order): Promise<Uint8Array> {
  const { asks, follower, key, hub, now } = options;
  const { erasureId, account, scopeHash, firstDay, lastDay } = order.signed.message;
  const counts = await drop(options, { account, extent: order.extent, grants: order.scope.grants });
  if (isEverything(order.extent)) {
    await asks.dropOf(account);
    await Backups.dropAll(options, follower.state, account);
  }
  return ErasureReceipt.signAsHub(
    {
      ...{ role: 'hub', keeper: hub, custodian: 0, erasureId, account, scopeHash, firstDay, lastDay },
      at: now(),
      dropped: ErasureReceipt.counted(counts),
    },
    key,
  );
}

/** What of an account is to go: with all streams and days, all its grants too. */
export type Going = { account: Uint8Array; extent: Extent; grants: Uint8Array[] };

/** Drops the bytes of that, and says how many objects. May be repeated. */
export async function drop(options: Pick<Options, 'archive' | 'follower' | 'locks'>, going: Going) {
  const { archive, follower, locks } = options;
  const gateways = [...(follower.state.accounts.get(toHex(going.account))?.gateways.keys() ?? [])];
  // No put of these writers meanwhile: later ones are refused, since it is recorded.
  return locks.run(gateways, async () => {
    // What is at hand only must be found too.
    await archive.index.settled();
    const { segments } = await dropSegments(archive, going);
    const { epochs, shares } = await dropEpochs(archive, going);
    await dropEvidence(archive, going, gateways);
    const heads = await dropHeads(archive, going);
    const grants = await dropGrants(options, going);
    return { segments, epochs, shares, heads, grants };
  });
}

const streamsOf = ({ extent }: Going) => (isEverything(extent) ? allStreams : extent.streams);

async function dropSegments(archive: Archive, going: Going): Promise<{ segments: number }> {
  const rows = await archive.find.segmentKeysOf(going.account, streamsOf(going));
  const segments = await dropThose(archive, rows, (bytes) => {
    const { stream, day } = Segment.parse(bytes).header;
    return covers(going.extent, stream, day);
  });
  return { segments };
}

async function dropEpochs(archive: Archive, going: Going): Promise<{ epochs: number; shares: number }> {
  const rows = await archive.find.epochKeysOf(going.account, streamsOf(going));
  let shares = 0;
  const epochs = await dropThose(archive, rows, async (bytes) => {
    const { header, hash } = Epoch.parse(bytes);
    if (!covers(going.extent, header.stream, header.day)) return false;
    // Before the epoch, which is how they are found again should we be cut off.
    for (const row of (await archive.find.shares([hash])).get(toHex(hash)) ?? [])
      if (await dropOne(archive, row.key)) shares++;
    return true;
  });
  return { epochs, shares };
}

/** Reads objects that are still there and drops those that are to go. Says how many. */
async function dropThose(
  archive: Archive,
  keys: Uint8Array[],
  isToGo: (bytes: Uint8Array) => boolean | Promise<boolean>,
): Promise<number> {
  let dropped = 0;
  const one = async (key: Uint8Array): Promise<void> => {
    const name = toHex(key);
    // A rotten object may hold what is to go as well as a whole one: without its day it goes.
    const bytes = await archive.store.get(name).catch(() => new Uint8Array());
    if (!bytes || (bytes.length > 0 && !(await isToGo(bytes)))) return;
    await archive.store.drop(name);
    dropped++;
  };
  for (let i = 0; i < keys.length; i += ERASE_AT_ONCE)
    await Promise.all(keys.slice(i, i + ERASE_AT_ONCE).map(one));
  return dropped;
}

async function dropOne(archive: Archive, key: Uint8Array): Promise<boolean> {
  const had = await archive.store.has(toHex(key));
  if (had) await archive.store.drop(toHex(key));
  return had;
}

/** Proofs of equivocation quote headers, with their blinds. */
async function dropEvidence(archive: Archive, going: Going, gateways: string[]): Promise<void> {
  const keys = await archive.find.evidenceKeysOf(gateways.map(fromHex));
  await dropThose(archive, keys, (bytes) => {
    const f = decode('islet/equivocation', 1, bytes);
    return [f.bytes(), f.bytes()].some((header) => {
      const { account, stream, day } = Segment.parseHeader(header).header;
      return equal(account, going.account) && covers(going.extent, stream, day);
    });
  });
}

/** With everything, also what says which days there were. Their hashes stay: batches are made of them. */
async function dropHeads(archive: Archive, going: Going): Promise<number> {
  if (!isEverything(going.extent)) return 0;
  let heads = 0;
  for (const stream of allStreams)
    for (const stand of archive.hot.byPatient.get(patientId(going.account, stream)) ?? [])
      for (const version of stand.versions) {
        if (await dropOne(archive, version.key)) heads++;
        for (const key of HeadStand.nodeKeys(version).values()) await archive.store.drop(key);
      }
  return heads;
}

async function dropGrants(
  { archive, follower }: Pick<Options, 'archive' | 'follower'>,
  going: Going,
): Promise<number> {
  const account = toHex(going.account);
  const { grants } = follower.state;
  const mine = isEverything(going.extent) ? [...grants.keys()] : going.grants.map(toHex);
  let dropped = 0;
  for (const id of mine) {
    if (grants.get(id)?.patient !== account) continue;
    for (const row of await archive.find.grants(fromHex(id))) if (await dropOne(archive, row.keys)) dropped++;
  }
  return dropped;
}
