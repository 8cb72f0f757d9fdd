// Copyright the Islet authors. AGPL-3.0-or-later.
import { limits } from '@islet/core/metrics/Ranges';
import { clamp, floor, topOf } from '@islet/fhir/ChartScale';
import { useWords } from '../i18n/Settings.js';
import type { Erased } from '../worker/data.js';
import type { DayFigures } from '../worker/Figures.js';

const size = { width: 144, height: 64 };
/** Points farther apart than this are not joined, minutes. */
const jump = 45;

/** One small picture for each day, all to one scale. */
export function Daily({ days, erased = [] }: { days: readonly DayFigures[]; erased?: readonly Erased[] }) {
  const { t, shortDay, percent, glucose, unit } = useWords();
  const top = topOf(Math.max(0, ...days.flatMap((d) => d.points.map(([, v]) => v))));
  const y = (mgdl: number): number => ((top - clamp(mgdl, top)) / (top - floor)) * size.height;
  return (
    <ol className="daily">
      {days.map((d) => (
        <li key={d.day}>
          <span className="daily-day">
            {d.lastDay === d.day ? shortDay(d.day) : `${shortDay(d.day)} – ${shortDay(d.lastDay)}`}
          </span>
          {d.points.length > 0 && (
            <svg viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
              <rect
                className="chart-target"
                x="0"
                width={size.width}
                y={y(limits.high)}
                height={y(limits.low) - y(limits.high)}
              />
              <path className="daily-line" d={lineOf(d.points, y)} />
            </svg>
          )}
          {d.meanMgDl === null ? (
            <span className="fine">{t(isGone(d, erased) ? 'gone.short' : 'report.noReading')}</span>
          ) : (
            <>
              <span className="fine">
                {t('fig.meanShort')} {glucose(d.meanMgDl)} {unit}
              </span>
              <span className="fine">
                {t('fig.inRange')} {percent(d.inRangePercent)}
              </span>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}

/** Whether nothing is there because its person erased it. */
const isGone = ({ day, lastDay }: DayFigures, erased: readonly Erased[]): boolean =>
  erased.some((one) => one.firstDay <= day && one.lastDay >= lastDay);

function lineOf(points: DayFigures['points'], y: (mgdl: number) => number): string {
  let path = '';
  let last = Number.NEGATIVE_INFINITY;
  for (const [minute, mgdl] of points) {
    const x = ((minute / 1440) * size.width).toFixed(1);
    path += `${minute - last > jump ? 'M' : 'L'}${x} ${y(mgdl).toFixed(1)}`;
    last = minute;
  }
  return path;
}
