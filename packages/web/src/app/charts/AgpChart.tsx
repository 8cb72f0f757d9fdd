// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Bin } from '@islet/core/metrics/Agp';
import { limits } from '@islet/core/metrics/Ranges';
import { clamp, curve, floor, lines, topOf } from './scale.js';

type Percentile = 'p05' | 'p25' | 'p50' | 'p75' | 'p95';
type Full = Bin & { [P in Percentile]: number };

const size = { height: 300, left: 44, right: 12, top: 12, bottom: 28 };
/** Below this width every other hour is named. */
const narrow = 520;

export type Props = {
  bins: readonly Bin[];
  /** A value of the axis, mg/dL, as the reader's unit and language write it. */
  name: (mgdl: number) => string;
  label: string;
  hour: (minute: number) => string;
  width?: number;
};

/** The ambulatory glucose profile. The numbers are the core's; only the line between them is ours. */
export function AgpChart({ bins, label, name, hour, width = 720 }: Props) {
  const hours = width < narrow ? [0, 6, 12, 18, 24] : [0, 3, 6, 9, 12, 15, 18, 21, 24];
  const runs = unbroken(bins);
  const top = topOf(Math.max(0, ...runs.flat().map((b) => b.p95)));
  const x = (minute: number): number => size.left + (minute / 1440) * (width - size.left - size.right);
  const y = (mgdl: number): number =>
    size.top + ((top - clamp(mgdl, top)) / (top - floor)) * (size.height - size.top - size.bottom);
  const at = (b: Full, p: Percentile): [number, number] => [x((b.fromMinute + b.toMinute) / 2), y(b[p])];
  const area = (run: Full[], high: Percentile, low: Percentile): string => {
    const back = [...run].reverse().map((b) => at(b, low));
    return `${curve(run.map((b) => at(b, high)))}L${curve(back).slice(1)}Z`;
  };
  return (
    <svg className="agp" viewBox={`0 0 ${width} ${size.height}`} role="img" aria-label={label}>
      <rect
        className="chart-target"
        x={size.left}
        y={y(limits.high)}
        width={width - size.left - size.right}
        height={y(limits.low) - y(limits.high)}
      />
      {lines(top).map((line) => (
        <g key={line}>
          <line
            className={line === limits.low || line === limits.high ? 'chart-limit' : 'chart-line'}
            x1={size.left}
            x2={width - size.right}
            y1={y(line)}
            y2={y(line)}
          />
          <text className="chart-text" x={size.left - 6} y={y(line) + 4} textAnchor="end">
            {name(line)}
          </text>
        </g>
      ))}
      {runs.map((run) => (
        <g key={run[0]!.fromMinute}>
          <path className="agp-outer" d={area(run, 'p95', 'p05')} />
          <path className="agp-inner" d={area(run, 'p75', 'p25')} />
          <path className="agp-middle" d={curve(run.map((b) => at(b, 'p50')))} />
        </g>
      ))}
      {hours.map((h) => (
        <text
          key={h}
          className="chart-text"
          x={x(h * 60)}
          y={size.height - 8}
          textAnchor={h === 0 ? 'start' : h === 24 ? 'end' : 'middle'}
        >
          {hour(h * 60)}
        </text>
      ))}
    </svg>
  );
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
