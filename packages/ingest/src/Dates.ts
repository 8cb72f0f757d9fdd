// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Judged, judge } from './DateOrder.js';
import type { Asked } from './Format.js';
import type { Remark } from './Outcome.js';
import { parse, toWall, type Written } from './WallTime.js';

/** A time as a row writes it, and the kind of row: rows of one lane stand in order. */
export type Said = { said: string; lane: string };

/**
 * The local times (ms as if UTC) of rows, undefined where one cannot be read. Whether the day or the month comes
 * first is judged over all of them, unless the person said it; `made` is when the file was made, where it says so.
 */
export function read(
  rows: (Said | undefined)[],
  asked: Asked,
  made?: Written,
): { walls: (number | undefined)[]; remarks: Remark[]; dates?: Judged } {
  const times = rows.map((row) => row && parse(row.said));
  const lanes = new Map<string, Written[]>();
  times.forEach((time, i) => {
    if (!time) return;
    const lane = lanes.get(rows[i]!.lane);
    if (lane) lane.push(time);
    else lanes.set(rows[i]!.lane, [time]);
  });
  const judged = judge([...lanes.values()], made, asked.now);
  const order = asked.dates ?? judged.order;
  const remarks: Remark[] = [];
  if (!asked.dates && judged.sure !== 'certain') {
    const text = `Dates were read ${order} (${judged.sure}): ${judged.because}.`;
    remarks.push({ code: 'date-order', text });
  }
  const open = times.some((time) => time && !time.yearFirst);
  return {
    walls: times.map((time) => time && toWall(time, order)),
    remarks,
    ...(open && !asked.dates && { dates: judged }),
  };
}
