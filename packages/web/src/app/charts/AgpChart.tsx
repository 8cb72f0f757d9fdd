// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Bin } from '@islet/core/metrics/Agp';
import * as AgpPaths from '@islet/fhir/AgpPaths';

const margins = { height: 300, left: 44, right: 12, top: 12, bottom: 28 };
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
  const { runs, target, lines, x } = AgpPaths.of(bins, { ...margins, width });
  return (
    <svg className="agp" viewBox={`0 0 ${width} ${margins.height}`} role="img" aria-label={label}>
      <rect className="chart-target" x={target.x} y={target.y} width={target.width} height={target.height} />
      {lines.map(({ mgdl, y, isLimit }) => (
        <g key={mgdl}>
          <line
            className={isLimit ? 'chart-limit' : 'chart-line'}
            x1={margins.left}
            x2={width - margins.right}
            y1={y}
            y2={y}
          />
          <text className="chart-text" x={margins.left - 6} y={y + 4} textAnchor="end">
            {name(mgdl)}
          </text>
        </g>
      ))}
      {runs.map(({ from, outer, inner, middle }) => (
        <g key={from}>
          <path className="agp-outer" d={outer} />
          <path className="agp-inner" d={inner} />
          <path className="agp-middle" d={middle} />
        </g>
      ))}
      {hours.map((h) => (
        <text
          key={h}
          className="chart-text"
          x={x(h * 60)}
          y={margins.height - 8}
          textAnchor={h === 0 ? 'start' : h === 24 ? 'end' : 'middle'}
        >
          {hour(h * 60)}
        </text>
      ))}
    </svg>
  );
}
