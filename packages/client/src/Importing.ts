// Copyright the Islet authors. AGPL-3.0-or-later.
import { encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import type { Kind, Reading } from '@islet/core/Reading';
import * as Readings from '@islet/core/Readings';
import * as Span from '@islet/core/Span';
import * as Streams from '@islet/core/Stream';
import type { Run } from './Account.js';
import { keyDays, renewAll } from './Horizon.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Keep, Person, Progress } from './Person.js';
import {
  ANCHOR_PATIENCE_MS,
  BATCH_PATIENCE_MS,
  GATHERED_READINGS,
  LOOK_AGAIN_MS,
  POST_READINGS,
} from './personLimits.js';

/** Days between two runs of keys that are cheaper to include than to skip. */
const bridge = 14;

export type Sent = { importId: string; accepted: number; duplicates: number; byKind: Record<string, number> };

/** Sends readings to the gateway as the person: keys for their days first, then whole days at a time, then settled. */
export async function send(
  network: Network,
  person: Person,
  readings: Reading[],
  keep: Keep,
  onProgress: Progress,
): Promise<Sent> {
  const wanted = noneWanted();
  for (const reading of readings) want(wanted, reading);
  return sendAll(network, person, wanted, [readings], keep, (what, done, of) =>
    onProgress(what, done, what === 'sealing' ? readings.length : of),
  );
}

/** What readings ask for before the first is sent: found by a first reading of a file too large to be held. */
export type Wanted = {
  newest: { at: number; offsetMinutes: number } | null;
  /** Hours since 1970, UTC: which stream days they lie in is known once it is known where days start. */
  hours: Map<Kind, Set<number>>;
};

export const noneWanted = (): Wanted => ({ newest: null, hours: new Map() });

export function want(wanted: Wanted, { kind, at, offsetMinutes }: Reading): void {
  if (wanted.newest === null || at > wanted.newest.at) wanted.newest = { at, offsetMinutes };
  const hours = wanted.hours.get(kind) ?? new Set();
  wanted.hours.set(kind, hours.add(Math.floor(at / hourMs)));
}

const hourMs = 3_600_000;

/** The same as `send` for more readings than can be held: in pieces as they come, which need not be in order. */
export async function sendAll(
  network: Network,
  person: Person,
  wanted: Wanted,
  pieces: Iterable<Reading[]> | AsyncIterable<Reading[]>,
  keep: Keep,
  onProgress: Progress,
): Promise<Sent> {
  const { notes } = person;
  const importId = toHex(network.random(8));
  const sent: Sent = { importId, accepted: 0, duplicates: 0, byKind: {} };
  if (wanted.newest === null) return sent;
  const headers = headersOf(person);
  await settleOffset(network, person, wanted.newest.offsetMinutes, keep);
  const offset = notes.dayOffsetMinutes ?? 0;
  const runs = missingRuns(wanted, offset, notes.keyed ?? {});
  if (runs.length > 0) await keyDays(network, person, runs, keep, onProgress);
  let done = 0;
  for await (const some of gathered(pieces))
    for (const chunk of chunks(some, offset)) {
      const body = encode('islet/ingest', 1, [importId, Readings.encodeRun(chunk)]);
      const told = Http.json(await Http.post(network.gateway, '/v1/readings', body, headers)) as Told;
      add(sent, told);
      done += chunk.length;
      onProgress('sealing', done, done);
    }
  notes.hasData = true;
  await keep(person);
  await settle(network, person, onProgress);
  return sent;
}

/** Has the gateway close past days and hand on all that it took, and waits for the receipts. */
export async function settle(network: Network, person: Person, onProgress: Progress): Promise<void> {
  const headers = headersOf(person);
  onProgress('closing days', 0, 1);
  await Http.post(network.gateway, '/v1/settle', new Uint8Array(), headers);
  onProgress('closing days', 1, 1);
  await anchored(network, headers, onProgress);
}

/** Small pieces joined, so that a day that runs over several is sealed less often. */
async function* gathered(
  pieces: Iterable<Reading[]> | AsyncIterable<Reading[]>,
): AsyncGenerator<Reading[], void> {
  let some: Reading[] = [];
  for await (const piece of pieces) {
    some = some.length === 0 ? piece : [...some, ...piece];
    if (some.length < GATHERED_READINGS) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** Waits for the receipts, so that whoever asks next finds all of it. The data are safe before that. */
async function anchored(
  network: Network,
  headers: Record<string, string>,
  onProgress: Progress,
): Promise<void> {
  const until = network.now() + ANCHOR_PATIENCE_MS;
  for (;;) {
    const told = Http.json(await Http.get(network.gateway, '/v1/status', headers)) as Status;
    onProgress('anchoring', told.segments.anchored, told.segments.sealed);
    if (told.segments.anchored >= told.segments.sealed || network.now() > until) return;
    await pause();
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));

type Status = { segments: { sealed: number; anchored: number } };

type Count = number | Partial<Record<Kind, number>>;
type Told = { accepted: Count; duplicates: Count };
const total = (c: Count): number =>
  typeof c === 'number' ? c : Object.values(c).reduce((a, b) => a + (b ?? 0), 0);

function add(sent: Sent, told: Told): void {
  sent.accepted += total(told.accepted);
  sent.duplicates += total(told.duplicates);
  if (typeof told.accepted === 'number') return;
  for (const [kind, n] of Object.entries(told.accepted))
    sent.byKind[kind] = (sent.byKind[kind] ?? 0) + (n ?? 0);
}

/** Before the first data, days are set to start at midnight where the newest reading was made. */
async function settleOffset(
  network: Network,
  person: Person,
  offsetMinutes: number,
  keep: Keep,
): Promise<void> {
  const { notes } = person;
  if (notes.hasData || notes.dayOffsetKept || notes.dayOffsetMinutes === offsetMinutes) return;
  notes.dayOffsetMinutes = offsetMinutes;
  await renewAll(network, person, keep);
}

/** The runs of days that these readings need and the gateway has no keys for. */
function missingRuns(wanted: Wanted, offset: number, keyed: Record<string, [number, number][]>): Run[] {
  const missing = new Map<Streams.Stream, Set<number>>();
  const miss = (stream: Streams.Stream, day: number): void => {
    if ((keyed[stream] ?? []).some(([first, last]) => first <= day && day <= last)) return;
    missing.set(stream, (missing.get(stream) ?? new Set()).add(day));
  };
  for (const [kind, hours] of wanted.hours)
    for (const day of daysOf(hours, offset)) {
      miss(Streams.ofKind(kind), day);
      if (kind !== 'glucose') continue;
      for (const s of ['glucose/hour', 'glucose/day', ...Span.streams] as const)
        miss(s, Span.of(s, day).lastDay);
    }
  return [...missing].flatMap(([stream, days]) =>
    runsOf([...days].sort((a, b) => a - b)).map((run) => ({ stream, ...run })),
  );
}

/** An hour may lie in two days. */
const daysOf = (hours: Set<number>, offset: number): Set<number> =>
  new Set(
    [...hours].flatMap((hour) => [hour * hourMs, (hour + 1) * hourMs - 1].map((at) => Day.of(at, offset))),
  );

function runsOf(days: number[]): { firstDay: number; days: number }[] {
  const runs: { firstDay: number; days: number }[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    const end = run ? run.firstDay + run.days : Number.NEGATIVE_INFINITY;
    if (run && day < end + bridge && day - run.firstDay < 366) run.days = day - run.firstDay + 1;
    else runs.push({ firstDay: day, days: 1 });
  }
  return runs;
}

/** In order of time, cut between days where possible, so that a day is sealed once. */
function* chunks(readings: Reading[], offset: number): Generator<Reading[]> {
  const ordered = [...readings].sort((a, b) => a.at - b.at);
  let from = 0;
  while (from < ordered.length) {
    let to = Math.min(from + POST_READINGS, ordered.length);
    if (to < ordered.length) {
      const day = Day.of(ordered[to]!.at, offset);
      let cut = to;
      while (cut > from && Day.of(ordered[cut - 1]!.at, offset) === day) cut--;
      if (cut > from) to = cut;
    }
    yield ordered.slice(from, to);
    from = to;
  }
}

/** Undoes one import, and waits until whoever asks next finds nothing of it. */
export async function withdraw(network: Network, person: Person, importId: string): Promise<unknown> {
  const headers = { ...headersOf(person), 'content-type': 'application/json' };
  const body = new TextEncoder().encode(JSON.stringify({ importId }));
  const told = Http.json(await Http.post(network.gateway, '/v1/withdraw', body, headers));
  await Http.post(network.gateway, '/v1/settle', new Uint8Array(), headers);
  const { number } = await latestBatch(network);
  await anchored(network, headers, () => {});
  // Where nothing is left of a day there is no segment to wait for, only the statement that it is empty.
  const until = network.now() + BATCH_PATIENCE_MS;
  while ((await latestBatch(network)).anchored <= number && network.now() < until) await pause();
  return told;
}

const latestBatch = async (network: Network): Promise<{ number: number; anchored: number }> =>
  Http.json(await Http.get(network.hub, '/v1/batches/latest')) as { number: number; anchored: number };

/** What presents this device to the gateway. Throws `CLIENT_NO_DEVICE`. */
export function headersOf({ notes }: Person): Record<string, string> {
  const device = notes.devices?.find((d) => d.may === 'write');
  if (!device) throw new NoDeviceError();
  return { 'api-secret': device.secret };
}

export class NoDeviceError extends IsletError {
  override readonly name = 'NoDeviceError';
  constructor() {
    super('CLIENT_NO_DEVICE', 'Here is no key of a device that may write for this person. Pair one first.');
  }
}
