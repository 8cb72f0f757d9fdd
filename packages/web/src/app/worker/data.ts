// Copyright the Islet authors. AGPL-3.0-or-later.
// A person's own data: looking, taking in, devices, taking away.
import type * as Access from '@islet/client/Access';
import * as ErasedFrom from '@islet/client/Erased';
import * as Export from '@islet/client/Export';
import * as Horizon from '@islet/client/Horizon';
import * as Http from '@islet/client/Http';
import * as Importing from '@islet/client/Importing';
import * as Pairing from '@islet/client/Pairing';
import type { Progress } from '@islet/client/Person';
import * as Day from '@islet/core/Day';
import type { Power } from '@islet/core/Devices';
import * as Points from '@islet/core/metrics/Points';
import { type Stream, streams } from '@islet/core/Stream';
import * as Import from '@islet/ingest/Import';
import type { Summary } from '@islet/ingest/Summary';
import { validatorsOf } from './Connection.js';
import * as Figures from './Figures.js';
import { NothingReadError } from './NothingReadError.js';
import { ownOf } from './Own.js';
import * as Session from './Session.js';

export type Trend = 'falling-fast' | 'falling' | 'steady' | 'rising' | 'rising-fast';
export type Latest = { at: number; mgdl: number; beyond: 'low' | 'high' | null; trend: Trend | null };
export type Happening = { at: number; kind: 'insulin' | 'carbs'; amount: number };
export type Kept = { readings: number; sealed: number; stored: number; anchored: number; lateDays: number };

export type Overview = {
  today: number;
  dayOffsetMinutes: number;
  latest: Latest | null;
  figures: Figures.Figures;
  /** Whether values may come at any time: they are followed. */
  isFollowed: boolean;
  /** UTC ms and mg/dL of the window, in order. */
  trace: { at: number[]; mgdl: number[] };
  happenings: Happening[];
  /** But for those that an erasure left. */
  gaps: { from: number; to: number }[];
  erased: Erased[];
  /** Null where there was nothing to check. */
  verified: Access.Opened['verified'] | null;
  /** Null where this device holds no key to ask the gateway with. */
  kept: Kept | null;
};

/** Days of glucose that the person erased, inside what is shown; `at` is when, UTC ms. */
export type Erased = { firstDay: number; lastDay: number; at: number };

const minute = 60_000;
/** Where the newest value is younger than this, something sends values. */
const recentMs = 60 * minute;

/** The last days that hold something, opened and verified. The look is on record like any other. */
export const overview = (asked: { days: number }, onProgress: Progress): Promise<Session.Shown<Overview>> =>
  Session.shown('overview', String(asked.days), () => look(asked.days, onProgress));

async function look(days: number, onProgress: Progress): Promise<Overview> {
  const session = await Session.need();
  const { network, vault } = session;
  const { notes } = vault.keeper;
  const dayOffsetMinutes = notes.dayOffsetMinutes ?? 0;
  const now = network.now();
  const today = Day.of(now, dayOffsetMinutes);
  const lastDay = Math.min(today, await newestDay(session, today, onProgress));
  // Today is not over: so many whole days beside it.
  const firstDay = Math.max(Day.first, lastDay - days + (lastDay === today ? 0 : 1));
  onProgress('opening', 0, 1);
  const wanted: Stream[] = ['glucose/raw', 'insulin/raw', 'carbs/raw'];
  const opened = await ownOf(session, wanted, firstDay, lastDay).catch(nothingLeft);
  const segments = opened?.segments ?? [];
  const gone = opened?.erased ?? (await ErasedFrom.of(network, vault.keeper.wallet.account));
  const erased = erasedIn(gone, firstDay, lastDay);
  const glucose = segments.filter((s) => s.stream === 'glucose/raw');
  const figures = Figures.of('glucose/raw', glucose, { firstDay, lastDay, dayOffsetMinutes, now });
  const points = Points.fromReadings(Figures.readingsOf(glucose));
  const happenings = Figures.readingsOf(segments).flatMap((r): Happening[] => {
    if (r.kind === 'insulin' && r.type !== 'basal' && r.units > 0)
      return [{ at: r.at, kind: 'insulin', amount: r.units }];
    return r.kind === 'carbs' && r.grams > 0 ? [{ at: r.at, kind: 'carbs', amount: r.grams }] : [];
  });
  const latest = latestOf(points);
  return {
    today,
    dayOffsetMinutes,
    latest,
    figures,
    isFollowed: (notes.hasUploader ?? false) || (latest !== null && now - latest.at < recentMs),
    trace: { at: points.map((p) => p.at), mgdl: points.map((p) => p.mgdl) },
    happenings: happenings.sort((a, b) => a.at - b.at),
    gaps: gapsOf(points).filter((gap) => !erased.some((days) => isLeftBy(days, gap, dayOffsetMinutes))),
    erased,
    verified: opened?.verified ?? null,
    kept: await keptOf(session),
  };
}

/** All of what was asked for is erased: that is no failure of one's own page. */
function nothingLeft(error: unknown): null {
  if (error instanceof ErasedFrom.ErasedError) return null;
  throw error;
}

/** Of glucose, the days that were erased inside some days. */
export const erasedIn = (all: readonly ErasedFrom.Erased[], firstDay: number, lastDay: number): Erased[] =>
  ErasedFrom.touching(all, { streams: ['glucose/raw'], firstDay, lastDay })
    .map(({ extent, at }) => ({
      ...{ firstDay: Math.max(extent.firstDay, firstDay), lastDay: Math.min(extent.lastDay, lastDay), at },
    }))
    .sort((a, b) => a.firstDay - b.firstDay);

/** A gap that reaches into days that were erased. */
const isLeftBy = (days: Erased, gap: { from: number; to: number }, offset: number): boolean =>
  gap.from < Day.endOf(days.lastDay, offset) && gap.to > Day.startOf(days.firstDay, offset);

/** Where the data end: today, what was last taken in here, or the last day that has a summary. */
async function newestDay(session: Session.Session, today: number, onProgress: Progress): Promise<number> {
  const { notes } = session.vault.keeper;
  if (notes.hasUploader) return today;
  const imported = (notes.imports ?? []).map((one) => one.lastDay);
  if (imported.length > 0) return Math.max(...imported);
  if (notes.registration !== undefined && !notes.hasData) return today;
  onProgress('opening', 0, 1);
  const summaries = await ownOf(session, ['glucose/day'], Day.first, today);
  const days = (summaries?.segments ?? []).flatMap((s) => s.day ?? []);
  return days.length === 0 ? today : Math.max(...days) >= today - 2 ? today : Math.max(...days);
}

/** Today and the last day that holds something, as stream days: what presets count from. */
export async function span(): Promise<{ newest: number; today: number; offsetMinutes: number }> {
  const session = await Session.need();
  const { dayOffsetMinutes: offsetMinutes = 0 } = session.vault.keeper.notes;
  const today = Day.of(session.network.now(), offsetMinutes);
  const newest = Math.min(today, await newestDay(session, today, () => {}));
  return { newest, today, offsetMinutes };
}

function latestOf(points: Points.Point[]): Latest | null {
  const last = points.at(-1);
  if (!last) return null;
  const before = points.findLast((p) => p.at <= last.at - 10 * minute && p.at >= last.at - 20 * minute);
  const perMinute = before && ((last.mgdl - before.mgdl) / (last.at - before.at)) * minute;
  return { at: last.at, mgdl: last.mgdl, beyond: last.beyond, trend: trendOf(perMinute) };
}

export function trendOf(perMinute: number | undefined): Trend | null {
  if (perMinute === undefined) return null;
  if (perMinute > 2) return 'rising-fast';
  if (perMinute > 1) return 'rising';
  if (perMinute < -2) return 'falling-fast';
  return perMinute < -1 ? 'falling' : 'steady';
}

/** Longer than this between two readings is a gap. */
const gapMs = 45 * minute;

const gapsOf = (points: Points.Point[]): { from: number; to: number }[] =>
  points.flatMap((p, i) => {
    const before = points[i - 1];
    return before && p.at - before.at > gapMs ? [{ from: before.at, to: p.at }] : [];
  });

async function keptOf({ network, vault }: Session.Session): Promise<Kept | null> {
  try {
    const headers = Importing.headersOf(vault.keeper);
    const told = Http.json(await Http.get(network.gateway, '/v1/status', headers)) as {
      readings: number;
      segments: { sealed: number; stored: number; anchored: number };
      daysWithoutKeys: number;
    };
    return { readings: told.readings, ...told.segments, lateDays: told.daysWithoutKeys };
  } catch {
    return null;
  }
}

let waiting: Import.Imported | undefined;

/** Reads a file here, in the browser; nothing is sent yet. */
export async function readFile(asked: {
  bytes: Uint8Array;
  zone: string;
}): Promise<{ format: string; summary: Summary }> {
  waiting = undefined;
  waiting = Import.read(asked.bytes, { zone: asked.zone, now: Date.now() });
  return { format: waiting.format, summary: waiting.summary };
}

/** Sends what was read to the person's gateway, which seals it before it touches a disk. */
export async function takeIn(asked: { file: string }, onProgress: Progress): Promise<Importing.Sent> {
  const session = await Session.need();
  const { network, vault, keep } = session;
  if (!waiting) throw new NothingReadError();
  const { readings } = waiting;
  if (!vault.keeper.notes.devices) await Pairing.pair(network, vault.keeper, keep, 'browser', 'write');
  const sent = await Importing.send(network, vault.keeper, readings, keep, onProgress);
  waiting = undefined;
  const { notes } = vault.keeper;
  const days = readings.map((r) => Day.of(r.at, notes.dayOffsetMinutes ?? 0));
  const [firstDay, lastDay] = days.reduce(
    ([low, high], day) => [Math.min(low, day), Math.max(high, day)] as [number, number],
    [Day.last, Day.first] as [number, number],
  );
  const made = { id: sent.importId, at: network.now(), file: asked.file, readings: sent.accepted };
  notes.imports = [...(notes.imports ?? []), { ...made, firstDay, lastDay }];
  await keep(vault.keeper);
  return sent;
}

export async function imports() {
  return (await Session.need()).vault.keeper.notes.imports ?? [];
}

export async function undo(asked: { id: string }): Promise<void> {
  const { network, vault, keep } = await Session.need();
  await Importing.withdraw(network, vault.keeper, asked.id);
  const { notes } = vault.keeper;
  notes.imports = (notes.imports ?? []).filter((one) => one.id !== asked.id);
  await keep(vault.keeper);
}

export type DeviceLine = { id: string; name: string; may: Power };

/** Null where this browser does not know them: they are kept on the device that paired them. */
export async function devices(): Promise<{ devices: DeviceLine[] | null; gateway: string }> {
  const { vault, config } = await Session.need();
  const known = vault.keeper.notes.devices;
  return {
    devices: known?.map(({ id, name, may }) => ({ id, name, may })) ?? null,
    gateway: config.gateway,
  };
}

/** The key is told once, to be put into the app. */
export async function pair(
  asked: { name: string; may: Power },
  onProgress: Progress,
): Promise<{ id: string; secret: string; gateway: string }> {
  const { network, vault, keep, config } = await Session.need();
  const person = vault.keeper;
  if (asked.may !== 'read') {
    // An app may send insulin, carbs or a note tomorrow: there must be keys for all of it.
    await Horizon.renew(network, person, streams, keep, { back: 2, ahead: 60, renewBelow: 30 }, onProgress);
    person.notes.hasUploader = true;
  }
  const { id, secret } = await Pairing.pair(network, person, keep, asked.name, asked.may);
  return { id, secret, gateway: config.gateway };
}

export async function unpair(asked: { id: string }): Promise<void> {
  const { network, vault, keep } = await Session.need();
  await Pairing.unpair(network, vault.keeper, keep, asked.id);
}

/** Everything there is, as a file that anyone can check. */
export async function exportAll(
  _: undefined,
  onProgress: Progress,
): Promise<{ text: string; readings: number; segments: number }> {
  const session = await Session.need();
  onProgress('opening', 0, 1);
  const opened = await ownOf(session, [...streams], Day.first, Day.last);
  if (!opened) throw new NothingReadError();
  const { text, readings, segments } = Export.build(session.network, validatorsOf(session.config), opened);
  return { text, readings, segments };
}
