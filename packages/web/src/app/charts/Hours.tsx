// Copyright the Islet authors. AGPL-3.0-or-later.
import { limits } from '@islet/core/metrics/Ranges';
import { clamp, floor, lines, topOf } from '@islet/fhir/ChartScale';
import { useWords } from '../i18n/Settings.js';

const size = { height: 220, left: 44, right: 12, top: 12, bottom: 28 };

type Props = { hours: { hour: number; meanMgDl: number }[]; label: string; width: number };

/** The mean of each hour of the day, where nothing finer may be seen. */
export function Hours({ hours, label, width }: Props) {
  const { glucose, minuteOfDay } = useWords();
  const top = topOf(Math.max(0, ...hours.map((h) => h.meanMgDl)));
  const x = (hour: number): number => size.left + (hour / 24) * (width - size.left - size.right);
  const y = (mgdl: number): number =>
    size.top + ((top - clamp(mgdl, top)) / (top - floor)) * (size.height - size.top - size.bottom);
  const wide = x(1) - x(0) - 4;
  return (
    <svg className="agp" viewBox={`0 0 ${width} ${size.height}`} role="img" aria-label={label}>
      <rect
        className="chart-target"
        x={size.left}
        width={width - size.left - size.right}
        y={y(limits.high)}
        height={y(limits.low) - y(limits.high)}
      />
      {lines(top).map((line) => (
        <g key={line}>
          <line className="chart-line" x1={size.left} x2={width - size.right} y1={y(line)} y2={y(line)} />
          <text className="chart-text" x={size.left - 6} y={y(line) + 4} textAnchor="end">
            {glucose(line)}
          </text>
        </g>
      ))}
      {hours.map((h) => (
        <rect
          key={h.hour}
          className="agp-inner"
          x={x(h.hour) + 2}
          width={wide}
          y={y(h.meanMgDl)}
          height={y(floor) - y(h.meanMgDl)}
        />
      ))}
      {[0, 6, 12, 18].map((h) => (
        <text key={h} className="chart-text" x={x(h)} y={size.height - 8}>
          {minuteOfDay(h * 60)}
        </text>
      ))}
    </svg>
  );
}
