// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Remark } from './Outcome.js';
import * as Zone from './Zone.js';

/** What a device's clock showed at a moment that another clock vouches for: its zone, and by how much it was wrong. */
export type Clock = { at: number; offsetMinutes: number; strayMs: number };

/** Offsets that zones have, minutes: whole hours, and the others that are in use. */
const whole = Array.from({ length: 27 }, (_, i) => (i - 12) * 60);
const odd = [-570, -210, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825];
const offsets = [...whole, ...odd];

/** Clocks of phones and pumps drift a little; by more than this they were set wrongly. */
const slackMs = 6 * 60_000;
const strayMs = 2 * 60_000;

/**
 * Compares a local time (`wall`, ms as if UTC) with the moment at which it was shown. A difference that a zone can
 * have is one; any other is a clock that was set wrongly, and then `zone` gives the offset. `said` is an offset that
 * stands beside the local time.
 */
export function clock(zone: Zone.Zone, at: number, wall: number, said?: number): Clock {
  const difference = wall - at;
  const known = Zone.offsetMinutes(zone, at);
  const close = (minutes: number) => Math.abs(difference - minutes * 60_000) <= slackMs;
  const offsetMinutes = said ?? [known, ...offsets].find(close) ?? known;
  return { at, offsetMinutes, strayMs: difference - offsetMinutes * 60_000 };
}

/** What to say of the clocks of a file. Their moments are sure; how they were shown may not be what the person said. */
export function remarks(zone: Zone.Zone, clocks: Clock[]): Remark[] {
  const out: Remark[] = [];
  const wrong = clocks.filter((c) => Math.abs(c.strayMs) >= strayMs);
  if (wrong.length > 0) {
    const sorted = wrong.map((c) => c.strayMs).sort((a, b) => a - b);
    const middle = sorted[sorted.length >> 1]!;
    const constant = sorted.at(-1)! - sorted[0]! < strayMs;
    const how = `${constant ? '' : 'about '}${spoken(Math.abs(middle))} ${middle > 0 ? 'fast' : 'slow'}`;
    const text = `The device's clock was ${how} in ${wrong.length} of ${clocks.length} rows; their times were taken from the file's other clock.`;
    out.push({ code: 'clock-wrong', text });
  }
  const elsewhere = clocks.filter((c) => c.offsetMinutes !== Zone.offsetMinutes(zone, c.at)).length;
  if (elsewhere > 0) {
    const text = `${elsewhere} of ${clocks.length} rows say another offset from UTC than ${zone.name} had; the file was believed, its moments are certain.`;
    out.push({ code: 'offset-differs', text });
  }
  return out;
}

function spoken(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 6) / 10;
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
