// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Follower } from '@islet/chain/Follower';
import type * as View from '@islet/chain/View';
import { decode } from '@islet/core/codec';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import { covers, isEverything } from '@islet/core/Erasure';
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
  const { archive, asks, follower, locks, key, hub, now } = options;
  const { message } = order.signed;
  const gateways = [...(follower.state.accounts.get(toHex(message.account))?.gateways.keys() ?? [])];
  // No put of these writers meanwhile: later ones are refused, since the chain has recorded it.
  const counts = await locks.run(gateways, async () => {
    // What is at hand only must be found too.
    await archive.index.settled();
    const { segments } = await dropSegments(archive, order);
    const { epochs, shares } = await dropEpochs(archive, order);
    await dropEvidence(archive, order, gateways);
    const heads = await dropHeads(archive, order);
    const grants = await dropGrants(options, order);
    if (isEverything(order.extent)) {
      await asks.dropOf(message.account);
      await Backups.dropAll(options, follower.state, message.account);
    }
    return { segments, epochs, shares, heads, grants };
  });
  const { erasureId, account, scopeHash, firstDay, lastDay } = message;
  return ErasureReceipt.signAsHub(
    {
      ...{ role: 'hub', keeper: hub, custodian: 0, erasureId, account, scopeHash, firstDay, lastDay },
      at: now(),
      dropped: ErasureReceipt.counted(counts),
    },
    key,
  );
}

const streamsOf = ({ extent }: Order) => (isEverything(extent) ? allStreams : extent.streams);

async function dropSegments(archive: Archive, order: Order): Promise<{ segments: number }> {
  const rows = await archive.find.segmentKeysOf(order.signed.message.account, streamsOf(order));
  const segments = await dropThose(archive, rows, (bytes) => {
    const { stream, day } = Segment.parse(bytes).header;
    return covers(order.extent, stream, day);
  });
  return { segments };
}

async function dropEpochs(archive: Archive, order: Order): Promise<{ epochs: number; shares: number }> {
  const rows = await archive.find.epochKeysOf(order.signed.message.account, streamsOf(order));
  let shares = 0;
  const epochs = await dropThose(archive, rows, async (bytes) => {
    const { header, hash } = Epoch.parse(bytes);
    if (!covers(order.extent, header.stream, header.day)) return false;
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
async function dropEvidence(archive: Archive, order: Order, gateways: string[]): Promise<void> {
  const keys = await archive.find.evidenceKeysOf(gateways.map(fromHex));
  await dropThose(archive, keys, (bytes) => {
    const f = decode('islet/equivocation', 1, bytes);
    return [f.bytes(), f.bytes()].some((header) => {
      const { account, stream, day } = Segment.parseHeader(header).header;
      return equal(account, order.signed.message.account) && covers(order.extent, stream, day);
    });
  });
}

/** With everything, also what says which days there were. Their hashes stay: batches are made of them. */
async function dropHeads(archive: Archive, order: Order): Promise<number> {
  if (!isEverything(order.extent)) return 0;
  let heads = 0;
  for (const stream of allStreams)
    for (const stand of archive.hot.byPatient.get(patientId(order.signed.message.account, stream)) ?? [])
      for (const version of stand.versions) {
        if (await dropOne(archive, version.key)) heads++;
        for (const key of HeadStand.nodeKeys(version).values()) await archive.store.drop(key);
      }
  return heads;
}

async function dropGrants({ archive, follower }: Options, order: Order): Promise<number> {
  const account = toHex(order.signed.message.account);
  const { grants } = follower.state;
  const mine = isEverything(order.extent) ? [...grants.keys()] : order.scope.grants.map(toHex);
  let dropped = 0;
  for (const id of mine) {
    if (grants.get(id)?.patient !== account) continue;
    for (const row of await archive.find.grants(fromHex(id))) if (await dropOne(archive, row.keys)) dropped++;
  }
  return dropped;
}
