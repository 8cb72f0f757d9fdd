// Copyright the Islet authors. AGPL-3.0-or-later.
// A gateway without devices: it seals made-up bytes as a real one would.
import * as Calendar from '@islet/core/Calendar';
import type { SigningKey } from '@islet/core/crypto/ed25519';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Xwing from '@islet/core/crypto/xwing';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import { encodePut, type Put } from '@islet/core/wire/Put';
import { random, signingKey } from './scene.testkit.js';

const dayKey = Xwing.publicKeyOf(random(32));
let custodianKeys: Promise<Uint8Array[]> | undefined;

export type Sealed = { segment: Segment.Segment; epoch: Epoch.Epoch; shares: Shares.Shares };

/** One writer of one stream. */
export type Writer = {
  account: Uint8Array;
  stream: Stream;
  key: SigningKey;
  chain: Uint8Array;
  calendar: Calendar.Calendar;
  at: number;
  number: number;
  previous: Uint8Array;
  epochs: Map<number | null, Promise<Opened>>;
};

type Opened = { epoch: Epoch.Epoch; secrets: Epoch.Secrets; shares: Shares.Shares };

export async function writer(
  account: Uint8Array,
  stream: Stream = 'glucose/raw',
  key?: SigningKey,
): Promise<Writer> {
  return {
    account,
    stream,
    key: key ?? (await signingKey()),
    chain: random(16),
    calendar: Calendar.empty(),
    at: Date.now(),
    number: 0,
    previous: Segment.genesis,
    epochs: new Map(),
  };
}

export function openEpoch(w: Writer, day: number | null): Promise<Opened> {
  const known = w.epochs.get(day);
  if (known) return known;
  const made = (async () => {
    custodianKeys ??= Promise.all([1, 2, 3].map(async () => Hpke.publicKeyOf(random(32))));
    const about = { account: w.account, stream: w.stream, day, openedAt: w.at, revision: 0 };
    const { epoch, secrets } = await Epoch.create(about, dayKey, w.key, random);
    const set = { version: 1, threshold: 2, keys: await custodianKeys };
    return { epoch, secrets, shares: await Shares.create(epoch, secrets.lockSecret, set, w.key) };
  })();
  w.epochs.set(day, made);
  return made;
}

/** Seals `size` bytes as the next segment, of a day's epoch. */
export async function seal(w: Writer, day: number | null, size = 100): Promise<Sealed> {
  const { epoch, secrets, shares } = await openEpoch(w, day);
  const place = { chain: w.chain, number: ++w.number, previous: w.previous, cites: [], sealedAt: w.at };
  const segment = await Segment.seal(epoch, secrets.contentKey, place, random(size), w.key, random);
  w.previous = segment.hash;
  return { segment, epoch, shares };
}

/** Lists segments in the calendar, as open ones of their days. */
export function list(w: Writer, sealed: Sealed[], as: 'open' | 'closed' = 'open'): void {
  for (const { segment } of sealed) {
    const day = segment.header.day!;
    const before = w.calendar.entries.get(day) ?? { closed: null, open: [] };
    const entry =
      as === 'closed'
        ? { closed: segment.hash, open: [] }
        : { ...before, open: [...before.open, segment.hash] };
    Calendar.set(w.calendar, day, entry);
  }
}

/** States a head, with the calendar nodes that are new. */
export async function head(
  w: Writer,
  late: Uint8Array[] = [],
): Promise<{ head: Head.Head; nodes: Uint8Array[] }> {
  const { root, fresh } = Calendar.nodes(w.calendar);
  const tip = w.number === 0 ? null : { chain: w.chain, number: w.number, hash: w.previous };
  const statement = {
    account: w.account,
    stream: w.stream,
    gateway: w.key.publicKey,
    blind: random(32),
    at: ++w.at,
    calendar: root,
    late,
    tip,
  };
  return { head: await Head.create(statement, w.key), nodes: [...fresh.values()] };
}

/** A put of these segments with all they need, and a head where one is given. */
export function putOf(sealed: Sealed[], heads: Awaited<ReturnType<typeof head>>[] = []): Uint8Array {
  return encodePut(partsOf(sealed, heads));
}

export function partsOf(sealed: Sealed[], heads: Awaited<ReturnType<typeof head>>[] = []): Put {
  const distinct = (all: Uint8Array[]): Uint8Array[] => [...new Set(all)];
  return {
    epochs: distinct(sealed.map((s) => s.epoch.bytes)),
    shares: distinct(sealed.map((s) => s.shares.bytes)),
    segments: sealed.map((s) => s.segment.bytes),
    heads: heads.map(({ head: { bytes }, nodes }) => ({ head: bytes, nodes })),
  };
}

/** Seals so many segments of a day, lists them, and puts it all together with a head. */
export async function fill(
  w: Writer,
  day: number,
  count: number,
): Promise<{ sealed: Sealed[]; body: Uint8Array }> {
  const sealed: Sealed[] = [];
  for (let i = 0; i < count; i++) sealed.push(await seal(w, day));
  list(w, sealed);
  return { sealed, body: putOf(sealed, [await head(w)]) };
}
