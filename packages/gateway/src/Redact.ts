// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import { covers, isEverything } from '@islet/core/Erasure';
import * as Shares from '@islet/core/Shares';
import type { Order } from '@islet/core/wire/Erasing';
import type { Keys } from './Keys.js';
import * as Record from './Record.js';
import { headerOf } from './State.js';

/** What was left out, counted. */
export type Counts = { segments: number; epochs: number; readings: number };

/**
 * The journal's record without what was erased, and with all that stays of the window under the newest keys, whoever's
 * it is: the older keys can then be destroyed.
 */
export async function redact(
  bytes: Uint8Array,
  order: Order,
  keys: Keys,
  counts: Counts,
): Promise<Uint8Array> {
  const parsed = Record.parse(bytes);
  if (parsed.is !== 'commit') return bytes;
  const mine = equal(parsed.commit.account, order.signed.message.account);
  const commit = mine ? without(parsed.commit, order, counts) : parsed.commit;
  const units = await Promise.all(commit.units.map((unit) => rewrapped(commit, unit, keys)));
  return Record.encodeCommit({ ...commit, units });
}

async function rewrapped(commit: Record.Commit, unit: Record.Unit, keys: Keys): Promise<Record.Unit> {
  const aad = Record.associated(commit.account, unit);
  const plaintext = keys.openFromWindow(commit.arrivedOn, aad, unit.sealed);
  // Without a key it is past reading, and need not lie about.
  if (!plaintext) return { ...unit, sealed: new Uint8Array() };
  return { ...unit, sealed: await keys.sealForWindow(commit.arrivedOn, aad, plaintext) };
}

function without(commit: Record.Commit, { extent }: Order, counts: Counts): Record.Commit {
  const stays = ({ stream, day }: Record.Place): boolean => !covers(extent, stream, day);
  const gone = new Set<string>();
  const epochs = commit.epochs.filter((bytes) => {
    const { header, hash } = Epoch.parse(bytes);
    if (stays(header)) return true;
    gone.add(toHex(hash));
    return false;
  });
  const segments = commit.segments.filter((bytes) => stays(headerOf(bytes).header));
  const units = commit.units.filter(stays);
  counts.epochs += gone.size;
  counts.segments += commit.segments.length - segments.length;
  counts.readings += sum(commit.units) - sum(units);
  return {
    ...commit,
    // When things happened is of the person too.
    at: isEverything(extent) ? 0 : commit.at,
    epochs,
    shares: commit.shares.filter((bytes) => !gone.has(toHex(Shares.parse(bytes).record.epochHash))),
    segments,
    units,
    entries: commit.entries.filter(stays),
    removed: commit.removed.filter(stays),
  };
}

const sum = (units: Record.Unit[]): number => units.reduce((n, unit) => n + unit.ids.length, 0);
