// Copyright the Islet authors. AGPL-3.0-or-later.
// The common axis of every glucose picture.

import { limits } from '@islet/core/metrics/Ranges';

/** What pictures show, mg/dL; values beyond lie on the edge. */
export const floor = 40;
const tops = [270, 350, 400] as const;

/** Reaches to 270 mg/dL, and higher where the data do. */
export const topOf = (highest: number): number => tops.find((top) => highest <= top) ?? 400;

export const clamp = (mgdl: number, top: number): number => Math.min(top, Math.max(floor, mgdl));

/** Lines of the axis, mg/dL: the limits of the ranges. */
export const lines = (top: number): number[] =>
  [limits.veryLow, limits.low, limits.high, limits.veryHigh, 350].filter((v) => v < top);

/** A smooth curve through every point that never overshoots between two (Fritsch and Carlson 1980). */
export function curve(points: readonly (readonly [number, number])[]): string {
  const n = points.length;
  if (n === 0) return '';
  const f = (v: number): string => (Math.round(v * 100) / 100).toString();
  const [x0, y0] = points[0]!;
  if (n === 1) return `M${f(x0)} ${f(y0)}`;
  const slopes = points.slice(1).map(([x, y], i) => (y - points[i]![1]) / (x - points[i]![0]));
  const tangents = points.map((_, i) => {
    const [before, after] = [slopes[i - 1], slopes[i]];
    if (before === undefined || after === undefined) return before ?? after ?? 0;
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  });
  let path = `M${f(x0)} ${f(y0)}`;
  for (let i = 1; i < n; i++) {
    const [ax, ay] = points[i - 1]!;
    const [bx, by] = points[i]!;
    const third = (bx - ax) / 3;
    path += `C${f(ax + third)} ${f(ay + tangents[i - 1]! * third)} ${f(bx - third)} ${f(by - tangents[i]! * third)} ${f(bx)} ${f(by)}`;
  }
  return path;
}
