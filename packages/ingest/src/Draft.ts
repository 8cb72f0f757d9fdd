// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import type { Outcome, Remark } from './Outcome.js';
import { type Place, place } from './Placing.js';
import * as Zone from './Zone.js';

/** A row read but not yet put on the time line: its readings have no `at` and no `offsetMinutes`. */
export type Draft = {
  row: number;
  wall: number;
  /** Ms by the sensor's own clock, or null. */
  tick: number | null;
  /** Rows of one lane stand in order of time. */
  lane: string;
  readings: Untimed[];
};

type Without<T> = T extends unknown ? Omit<T, 'at' | 'offsetMinutes'> : never;

export type Untimed = Without<Reading>;

type Bare<T> = T extends unknown ? Omit<T, 'said' | 'source'> : never;

/** What was measured or happened, without when and by whom. */
export type Event = Bare<Untimed>;

/** Puts the drafts among a file's rows on the time line, every row staying in its place. */
export function settleRows(
  zone: Zone.Zone,
  rows: (Outcome | Draft)[],
): { outcomes: Outcome[]; remarks: Remark[] } {
  const settled = settle(
    zone,
    rows.filter((row): row is Draft => 'lane' in row),
  );
  let next = 0;
  return {
    outcomes: rows.map((row) => ('lane' in row ? settled.outcomes[next++]! : row)),
    remarks: settled.remarks,
  };
}

/** Puts all drafts on the time line. Outcomes come in the order of the drafts. */
export function settle(zone: Zone.Zone, drafts: Draft[]): { outcomes: Outcome[]; remarks: Remark[] } {
  const lanes = new Map<string, number[]>();
  drafts.forEach((draft, i) => {
    const lane = lanes.get(draft.lane);
    if (lane) lane.push(i);
    else lanes.set(draft.lane, [i]);
  });
  const places: Place[] = new Array(drafts.length);
  for (const lane of lanes.values()) {
    const placed = place(
      zone,
      lane.map((i) => drafts[i]!),
    );
    lane.forEach((i, j) => {
      places[i] = placed[j]!;
    });
  }
  const outcomes = drafts.map((draft, i): Outcome => {
    const { at } = places[i]!;
    const offsetMinutes = Zone.offsetMinutes(zone, at);
    const readings = draft.readings.map((r) => ({ ...r, at, offsetMinutes }) as Reading);
    return { row: draft.row, is: 'readings', readings };
  });
  return { outcomes, remarks: remarks(zone, drafts, places) };
}

const repeated = 'of the hour that the clocks repeat in autumn';

function remarks(zone: Zone.Zone, drafts: Draft[], places: Place[]): Remark[] {
  const count = (how: Place['how']) => places.filter((p) => p.how === how).length;
  const [first, second, guessed, shifted] = [
    count('first'),
    count('second'),
    count('guessed'),
    count('shifted'),
  ];
  const out: Remark[] = [];
  if (first + second > 0) {
    const text = `${first} rows were put in the first and ${second} in the second pass ${repeated}.`;
    out.push({ code: 'hour-repeated', text });
  }
  if (guessed > 0) {
    const text = `${guessed} rows were put in the first pass ${repeated}, but could belong to the second.`;
    out.push({ code: 'hour-guessed', text });
  }
  if (shifted > 0) {
    const text = `${shifted} rows have a local time that ${zone.name} skipped in spring; they were moved forward. Check the time zone.`;
    out.push({ code: 'hour-skipped', text });
  }
  const strayed = drift(
    drafts.flatMap(({ tick }, i) => (tick === null ? [] : [{ at: places[i]!.at, tick }])),
  );
  if (strayed > 0) {
    const text = `The device's clock and the sensor's part by half an hour or more at ${strayed} places: it was set by hand, or did not follow summer time. Times around there may be an hour off.`;
    out.push({ code: 'clock-set', text });
  }
  return out;
}

const strayMs = 30 * 60_000;
const neighbourMs = 3 * 3_600_000;

/** Places where the time between two rows is not the time their ticks (ms) say, both being short. */
export function drift(points: { at: number; tick: number }[]): number {
  let count = 0;
  let last: { at: number; tick: number } | undefined;
  for (const here of points) {
    if (last) {
      const byClock = here.at - last.at;
      const byTick = here.tick - last.tick;
      const near = Math.abs(byClock) < neighbourMs && Math.abs(byTick) < neighbourMs;
      if (near && Math.abs(byClock - byTick) >= strayMs) count++;
    }
    last = here;
  }
  return count;
}
