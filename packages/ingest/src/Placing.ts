// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Zone from './Zone.js';

/**
 * A row's local time (ms as if UTC) in file order. `tick` is a count of ms by a clock that knows no summer time
 * (a transmitter's), where the row has one.
 */
export type Wall = { wall: number; tick: number | null };

/**
 * Where a row was put. `first` and `second` are the two passes of the repeated hour, `guessed` the first pass for want
 * of evidence, `shifted` an hour that the zone's clocks never showed.
 */
export type Place = { at: number; how: 'plain' | 'first' | 'second' | 'guessed' | 'shifted' };

type Slot = Wall & { choice: [number, number] | null; place: Place | null };

/** Rows of one file may stand a little out of order: events are written to the minute, readings to the second. */
const disorder = 2 * 60_000;

/** Holes that differ by less do not decide between the two passes. */
const alike = 30 * 60_000;

/** How far a tick may disagree and still decide between two moments an hour apart. */
const tickTolerance = 10 * 60_000;

/**
 * Puts the rows of one lane (rows that the file sorts together) on the time line. The repeated hour of autumn is told
 * apart by the transmitter's own clock, else by the order of the rows, else by which pass leaves the smaller hole.
 */
export function place(zone: Zone.Zone, walls: Wall[]): Place[] {
  const slots = walls.map((w): Slot => {
    const at = Zone.moments(zone, w.wall);
    if (at.length === 1) return { ...w, choice: null, place: { at: at[0]!, how: 'plain' } };
    if (at.length === 0)
      return { ...w, choice: null, place: { at: Zone.skipped(zone, w.wall), how: 'shifted' } };
    return { ...w, choice: [at[0]!, at[1]!], place: null };
  });
  const ordered = descends(walls) ? slots.toReversed() : slots;
  byTick(ordered);
  byTick(ordered.toReversed());
  byOrder(ordered);
  return slots.map((slot) => slot.place!);
}

function descends(walls: Wall[]): boolean {
  let up = 0;
  let down = 0;
  for (let i = 1; i < walls.length; i++) {
    if (walls[i]!.wall > walls[i - 1]!.wall) up++;
    if (walls[i]!.wall < walls[i - 1]!.wall) down++;
  }
  return down > up;
}

function byTick(slots: Slot[]): void {
  let anchor: { at: number; tick: number } | undefined;
  for (const slot of slots) {
    if (slot.tick === null) continue;
    if (!slot.place && slot.choice && anchor) {
      const expected = anchor.at + slot.tick - anchor.tick;
      const [first, second] = slot.choice.map((at) => Math.abs(at - expected)) as [number, number];
      if (Math.min(first, second) <= tickTolerance) choose(slot, first <= second ? 'first' : 'second');
    }
    if (slot.place) anchor = { at: slot.place.at, tick: slot.tick };
  }
}

function byOrder(slots: Slot[]): void {
  let i = 0;
  while (i < slots.length) {
    if (slots[i]!.place) {
      i++;
      continue;
    }
    let end = i + 1;
    while (end < slots.length && !slots[end]!.place && sameHour(slots[i]!, slots[end]!)) end++;
    hour(slots.slice(i, end), slots[i - 1]?.place?.at, slots[end]?.place?.at);
    i = end;
  }
}

/** Rows of one repeated hour, standing together in the file, with the moments of their neighbours. */
function hour(slots: Slot[], before: number | undefined, after: number | undefined): void {
  const turn = slots.findIndex((slot, i) => i > 0 && slot.wall < slots[i - 1]!.wall - disorder);
  if (turn > 0) {
    slots.forEach((slot, i) => {
      choose(slot, i < turn ? 'first' : 'second');
    });
    return;
  }
  if (paired(slots)) {
    slots.forEach((slot, i) => {
      choose(slot, slot.wall === slots[i - 1]?.wall ? 'second' : 'first');
    });
    return;
  }
  const [first] = slots[0]!.choice!;
  const [, second] = slots.at(-1)!.choice!;
  const holeBefore = before === undefined ? Number.POSITIVE_INFINITY : first - before;
  const holeAfter = after === undefined ? Number.POSITIVE_INFINITY : after - second;
  const mustBeSecond = holeBefore < -disorder;
  const mustBeFirst = holeAfter < -disorder;
  // Both holes alike (NaN: no neighbours), or rows so rare that a hole means nothing: nothing says which pass it is.
  const alikeHoles = !(Math.abs(holeAfter - holeBefore) > alike);
  const rare = Math.min(holeBefore, holeAfter) > 2 * alike;
  const open = !mustBeFirst && !mustBeSecond && (alikeHoles || rare);
  const how = mustBeFirst || (!mustBeSecond && holeBefore <= holeAfter) ? 'first' : 'second';
  for (const slot of slots) choose(slot, open ? 'guessed' : how);
}

/** A file sorted by what the clock showed has both passes mixed: most times stand there twice. */
function paired(slots: Slot[]): boolean {
  const twice = slots.filter((slot, i) => i > 0 && slot.wall === slots[i - 1]!.wall).length;
  return twice >= 2 && twice >= slots.length / 3;
}

function sameHour(a: Slot, b: Slot): boolean {
  return Math.abs(a.wall - b.wall) < 12 * 3_600_000;
}

function choose(slot: Slot, how: 'first' | 'second' | 'guessed'): void {
  slot.place = { at: slot.choice![how === 'second' ? 1 : 0]!, how };
}
