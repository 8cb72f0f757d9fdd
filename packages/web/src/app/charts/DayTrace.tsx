// Copyright the Islet authors. AGPL-3.0-or-later.
import { limits } from '@islet/core/metrics/Ranges';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clamp, lines, topOf } from '@islet/fhir/ChartScale';
import { useSettings, useWords } from '../i18n/Settings.js';
import type { Happening } from '../worker/data.js';

type Props = {
  trace: { at: number[]; mgdl: number[] };
  happenings: Happening[];
  from: number;
  to: number;
  offsetMinutes: number;
  label: string;
};

const height = 300;
/** Below the axis there is room for insulin and carbs, mg/dL. */
const foot = -30;
/** Points farther apart than this are not joined, seconds. */
const jumpSeconds = 45 * 60;

/** One day on a canvas: glucose, with insulin and carbs along the foot. */
export function DayTrace({ trace, happenings, from, to, offsetMinutes, label }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const { dark } = useSettings();
  const words = useWords();
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours change with light and dark
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const top = topOf(Math.max(0, ...trace.mgdl));
    const shift = (at: number): number => (at + offsetMinutes * 60_000) / 1000;
    const { xs, ys } = joined(trace, shift, top);
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'),
        scales: { x: { min: shift(from), max: shift(to) }, y: { range: [foot, top] } },
        axes: [
          {
            stroke: colour('--ink-2'),
            grid: { show: false },
            ticks: { show: false },
            font: `12px ${style.fontFamily}`,
            values: (_, splits) => splits.map((s) => words.minuteOfDay(Math.round((s % 86_400) / 60))),
          },
          {
            stroke: colour('--ink-2'),
            grid: { stroke: colour('--line'), width: 1 },
            ticks: { show: false },
            font: `12px ${style.fontFamily}`,
            size: 44,
            splits: () => lines(top),
            values: (_, splits) => splits.map(words.glucose),
          },
        ],
        series: [
          {},
          {
            stroke: colour('--chart'),
            width: 2,
            spanGaps: false,
            points: { show: xs.length < 60, size: 5, fill: colour('--chart') },
          },
        ],
        hooks: {
          drawClear: [(u) => drawTarget(u, colour('--target'))],
          draw: [(u) => drawHappenings(u, happenings, shift, colour)],
        },
      },
      [xs, ys],
      element,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [trace, happenings, from, to, offsetMinutes, dark, words]);
  return <div ref={place} className="trace" role="img" aria-label={label} />;
}

/** Nothing is drawn across a gap. */
function joined(trace: Props['trace'], shift: (at: number) => number, top: number) {
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  for (const [i, at] of trace.at.entries()) {
    const x = shift(at);
    const last = xs.at(-1);
    if (last !== undefined && x - last > jumpSeconds) {
      xs.push(last + 1);
      ys.push(null);
    }
    xs.push(x);
    ys.push(clamp(trace.mgdl[i]!, top));
  }
  return { xs, ys };
}

function drawTarget(u: uPlot, fill: string): void {
  const high = u.valToPos(limits.high, 'y', true);
  const low = u.valToPos(limits.low, 'y', true);
  u.ctx.fillStyle = fill;
  u.ctx.fillRect(u.bbox.left, high, u.bbox.width, low - high);
}

function drawHappenings(
  u: uPlot,
  happenings: Happening[],
  shift: (at: number) => number,
  colour: (name: string) => string,
): void {
  const { ctx, bbox } = u;
  const scale = devicePixelRatio;
  const bottom = bbox.top + bbox.height;
  ctx.font = `${11 * scale}px ${getComputedStyle(u.root).fontFamily}`;
  ctx.textAlign = 'center';
  let lastX = { insulin: Number.NEGATIVE_INFINITY, carbs: Number.NEGATIVE_INFINITY };
  for (const { at, kind, amount } of happenings) {
    const x = u.valToPos(shift(at), 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const insulin = kind === 'insulin';
    ctx.fillStyle = colour(insulin ? '--insulin' : '--carbs');
    const y = bottom - (insulin ? 4 : 30) * scale;
    const size = 5 * scale;
    ctx.beginPath();
    if (insulin) {
      ctx.moveTo(x - size, y - 2 * size);
      ctx.lineTo(x + size, y - 2 * size);
      ctx.lineTo(x, y);
    } else ctx.arc(x, y - size, size * 0.9, 0, 2 * Math.PI);
    ctx.fill();
    // Amounts that would lie on each other are left to the list.
    if (x - lastX[kind] < 26 * scale) continue;
    lastX = { ...lastX, [kind]: x };
    ctx.fillText(String(Math.round(amount * 10) / 10), x, y - 2.6 * size);
  }
}
