// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Bin } from '@islet/core/metrics/Agp';
import { limits } from '@islet/core/metrics/Ranges';
import { clamp, curve, floor, lines, topOf } from './ChartScale.js';

type Percentile = 'p05' | 'p25' | 'p50' | 'p75' | 'p95';
type Full = Bin & { [P in Percentile]: number };

/** Where a picture's parts lie: its margins, and what remains between them. */
export type Size = {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
};

export type Paths = {
  /** One for each stretch of the day without a hole, as SVG path data. */
  runs: { from: number; outer: string; inner: string; middle: string }[];
  target: { x: number; y: number; width: number; height: number };
  lines: { mgdl: number; y: number; isLimit: boolean }[];
  /** Where a minute of the day lies. */
  x: (minute: number) => number;
};

/** The ambulatory glucose profile as shapes: the same on a screen and on paper. Only the line between numbers is ours. */
export function of(bins: readonly Bin[], size: Size): Paths {
  const runs = unbroken(bins);
  const top = topOf(Math.max(0, ...runs.flat().map((b) => b.p95)));
  const width = size.width - size.left - size.right;
  const x = (minute: number): number => size.left + (minute / 1440) * width;
  const y = (mgdl: number): number =>
    size.top + ((top - clamp(mgdl, top)) / (top - floor)) * (size.height - size.top - size.bottom);
  const at = (b: Full, p: Percentile): [number, number] => [x((b.fromMinute + b.toMinute) / 2), y(b[p])];
  const area = (run: Full[], high: Percentile, low: Percentile): string => {
    const back = [...run].reverse().map((b) => at(b, low));
    return `${curve(run.map((b) => at(b, high)))}L${curve(back).slice(1)}Z`;
  };
  return {
    runs: runs.map((run) => ({
      from: run[0]!.fromMinute,
      outer: area(run, 'p95', 'p05'),
      inner: area(run, 'p75', 'p25'),
      middle: curve(run.map((b) => at(b, 'p50'))),
    })),
    target: { x: size.left, y: y(limits.high), width, height: y(limits.low) - y(limits.high) },
    lines: lines(top).map((mgdl) => ({
      mgdl,
      y: y(mgdl),
      isLimit: mgdl === limits.low || mgdl === limits.high,
    })),
    x,
  };
}

/** Stretches of the day without a hole. */
function unbroken(bins: readonly Bin[]): Full[][] {
  const runs: Full[][] = [];
  let open = false;
  for (const bin of bins) {
    if (bin.p50 === null) {
      open = false;
      continue;
    }
    if (!open) runs.push([]);
    runs.at(-1)!.push(bin as Full);
    open = true;
  }
  return runs;
}
