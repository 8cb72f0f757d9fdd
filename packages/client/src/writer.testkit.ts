// Copyright the Islet authors. AGPL-3.0-or-later.
// A gateway without devices: it seals real readings to a wallet's and to custodians' keys, and lies where told to.
import { randomBytes } from 'node:crypto';
import * as Calendar from '@islet/core/Calendar';
import * as Content from '@islet/core/Content';
import { toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { sha256 } from '@islet/core/crypto/hash';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Xwing from '@islet/core/crypto/xwing';
import * as Day from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import * as KeyTree from '@islet/core/KeyTree';
import * as Counts from '@islet/core/metrics/Counts';
import * as Points from '@islet/core/metrics/Points';
import type { Reading } from '@islet/core/Reading';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import type { Wallet } from './Wallet.js';

export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

export type Custodian = {
  index: number;
  signer: Ed25519.SigningKey;
  /** Signs for contracts. secp256k1. */
  accountKey: Uint8Array;
  seed: Uint8Array;
};

export const custodians = (): Promise<Custodian[]> =>
  Promise.all(
    [1, 2, 3].map(async (index) => ({
      index,
      signer: await Ed25519.fromSeed(random(32)),
      accountKey: Secp256k1.secretKeyFrom(random),
      seed: random(32),
    })),
  );

/** The X-Wing (lock P) or HPKE (lock C) seed of a day, or of late data, from the root of a tree. */
export const seedOf = (root: KeyTree.Node, day: Day.Day | null, purpose: 'xwing' | 'hpke'): Uint8Array =>
  day === null ? KeyTree.lateSeed(root, purpose) : KeyTree.keySeed(KeyTree.leaf([root], day)!, purpose);

export const treeOf = (custodian: Custodian, account: Uint8Array, stream: Stream): KeyTree.Node =>
  KeyTree.root(sha256(new Uint8Array([...custodian.seed, ...account])), 0, stream);

export type Sealed = {
  segment: Segment.Segment;
  epoch: Epoch.Epoch;
  shares: Shares.Shares;
  secrets: Epoch.Secrets;
};

type Opened = Omit<Sealed, 'segment'>;

/** One gateway's writing of one stream of one person. */
export type Writer = {
  wallet: Wallet;
  stream: Stream;
  key: Ed25519.SigningKey;
  custodians: Custodian[];
  chain: Uint8Array;
  calendar: Calendar.Calendar;
  at: number;
  number: number;
  previous: Uint8Array;
  epochs: Map<Day.Day | null, Opened>;
  late: Uint8Array[];
  /** Everything sealed, whether listed or not. */
  all: Sealed[];
};

export const writer = (
  wallet: Wallet,
  stream: Stream,
  key: Ed25519.SigningKey,
  to: Custodian[],
  at: number,
): Writer => ({
  wallet,
  stream,
  key,
  custodians: to,
  chain: random(16),
  calendar: Calendar.empty(),
  at,
  number: 0,
  previous: Segment.genesis,
  epochs: new Map(),
  late: [],
  all: [],
});

export const signingKey = (): Promise<Ed25519.SigningKey> => Ed25519.fromSeed(random(32));

/** What an epoch may be given other than the truth. */
export type Epochal = Partial<Pick<Epoch.Header, 'account' | 'stream' | 'day' | 'revision'>>;

export async function openEpoch(w: Writer, day: Day.Day | null, other: Epochal = {}): Promise<Opened> {
  const { account } = w.wallet;
  const about = { account, stream: w.stream, day, openedAt: w.at, revision: 0, ...other };
  const root = KeyTree.root(w.wallet.rootSeed, w.wallet.generation, w.stream);
  const dayKey = Xwing.publicKeyOf(seedOf(root, day, 'xwing'));
  const { epoch, secrets } = await Epoch.create(about, dayKey, w.key, random);
  return { epoch, secrets, shares: await deal(w, epoch, secrets.lockSecret) };
}

export async function deal(w: Writer, epoch: Epoch.Epoch, lockSecret: Uint8Array): Promise<Shares.Shares> {
  const keys = await Promise.all(
    w.custodians.map((c) =>
      Hpke.publicKeyOf(seedOf(treeOf(c, w.wallet.account, w.stream), epoch.header.day, 'hpke')),
    ),
  );
  return Shares.create(epoch, lockSecret, { version: 1, threshold: 2, keys }, w.key);
}

export type SealOptions = {
  /** A fresh epoch of its own, as closed days and summaries have. */
  alone?: boolean;
  opened?: Opened;
  place?: Partial<Pick<Segment.Header, 'chain' | 'number' | 'previous' | 'cites'>>;
};

/** Seals a plaintext as the next segment of the writer's chain. */
export async function sealBytes(
  w: Writer,
  day: Day.Day | null,
  plaintext: Uint8Array,
  { alone, opened, place }: SealOptions = {},
): Promise<Sealed> {
  const open = opened ?? ((!alone && w.epochs.get(day)) || (await openEpoch(w, day)));
  if (!alone && !opened) w.epochs.set(day, open);
  const at = { chain: w.chain, number: w.number + 1, previous: w.previous, cites: [], sealedAt: ++w.at };
  const segment = await Segment.seal(
    open.epoch,
    open.secrets.contentKey,
    { ...at, ...place },
    plaintext,
    w.key,
    random,
  );
  w.number = segment.header.number;
  w.previous = segment.hash;
  w.chain = segment.header.chain;
  const sealed = { segment, ...open };
  w.all.push(sealed);
  return sealed;
}

export const seal = async (
  w: Writer,
  day: Day.Day | null,
  readings: Reading[],
  options?: SealOptions,
): Promise<Sealed> => sealBytes(w, day, await Content.encodeReadings(readings), options);

/** Sets what the calendar says of a day. */
export const list = (w: Writer, day: Day.Day, closed: Sealed | null, open: Sealed[] = []): void =>
  Calendar.set(w.calendar, day, {
    closed: closed?.segment.hash ?? null,
    open: open.map((s) => s.segment.hash),
  });

/** Seals readings in so many open segments of a day and lists them. */
export async function openDay(w: Writer, day: Day.Day, runs: Reading[][]): Promise<Sealed[]> {
  const sealed: Sealed[] = [];
  for (const run of runs) sealed.push(await seal(w, day, run));
  list(w, day, null, sealed);
  return sealed;
}

/** Seals all of a day in one compact segment and lists it. */
export async function closeDay(w: Writer, day: Day.Day, readings: Reading[]): Promise<Sealed> {
  const closed = await seal(w, day, readings, { alone: true });
  list(w, day, closed);
  return closed;
}

/** A day's summary, as a gateway derives it. */
export const summaryOf = (stream: Stream, readings: Reading[]): Content.Summary => {
  const points = Points.fromReadings(readings);
  const hours = new Map<number, Points.Point[]>();
  for (const p of points) {
    const hour = stream === 'glucose/day' ? 0 : Math.floor((p.at % 86_400_000) / 3_600_000);
    hours.set(hour, [...(hours.get(hour) ?? []), p]);
  }
  return {
    intervalMinutes: 5,
    parts: [...hours].map(([index, inside]) => ({ index, counts: Counts.of(inside) })),
  };
};

export async function summarise(w: Writer, day: Day.Day, summary: Content.Summary): Promise<Sealed> {
  const sealed = await sealBytes(w, day, await Content.encodeSummary(summary), { alone: true });
  list(w, day, sealed);
  return sealed;
}

export type Stated = { head: Head.Head; nodes: Uint8Array[] };

/** States the stream: its calendar and tip so far. Every node comes along. */
export async function state(w: Writer, other: Partial<Head.Statement> = {}): Promise<Stated> {
  w.calendar.pages.clear();
  w.calendar.middles.clear();
  const { root, fresh } = Calendar.nodes(w.calendar);
  const statement: Head.Statement = {
    account: w.wallet.account,
    stream: w.stream,
    gateway: w.key.publicKey,
    blind: random(32),
    at: ++w.at,
    calendar: root,
    late: w.late,
    tip: w.number === 0 ? null : { chain: w.chain, number: w.number, hash: w.previous },
    ...other,
  };
  return { head: await Head.create(statement, w.key), nodes: [...fresh.values()] };
}

export const day = Day.parse('2024-05-06')!;

/** Sensor readings of a day, five minutes apart, from an hour of that day on. */
export const cgm = (of: Day.Day, count: number, hour = 0): Reading[] =>
  Array.from({ length: count }, (_, i) => {
    const at = Day.startOf(of, 0) + hour * 3_600_000 + i * 300_000;
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
    };
  });

export const bolus = (of: Day.Day, units: number): Reading => {
  const at = Day.startOf(of, 0) + 8 * 3_600_000;
  return {
    kind: 'insulin',
    at,
    offsetMinutes: 0,
    said: new Date(at).toISOString(),
    source: { app: 'clarity', device: 'pen', id: null },
    units,
    type: 'rapid',
    durationMs: 0,
  };
};

export const hashIn = (sealed: Sealed): string => toHex(sealed.segment.hash);
