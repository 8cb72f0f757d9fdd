// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Statistics } from '@islet/core/metrics/Summary';
import { useWords } from '../i18n/Settings.js';

export const bands = [
  { key: 'veryHigh', of: (s: Statistics) => s.veryHighPercent, mgdl: '> 250', mmol: '> 13.9' },
  { key: 'high', of: (s: Statistics) => s.highPercent, mgdl: '181–250', mmol: '10.1–13.9' },
  { key: 'inRange', of: (s: Statistics) => s.inRangePercent, mgdl: '70–180', mmol: '3.9–10.0' },
  { key: 'low', of: (s: Statistics) => s.lowPercent, mgdl: '54–69', mmol: '3.0–3.8' },
  { key: 'veryLow', of: (s: Statistics) => s.veryLowPercent, mgdl: '< 54', mmol: '< 3.0' },
] as const;

/** The five ranges as one bar with words and numbers beside it: never by colour alone. */
export function RangesBar({ statistics }: { statistics: Statistics }) {
  const { t, percent, unit, language } = useWords();
  const written = (text: string): string => (language === 'en' ? text : text.replaceAll('.', ','));
  const rows = bands.map((band) => ({ ...band, value: band.of(statistics) }));
  const list = rows.map((r) => `${t(`fig.${r.key}`)} ${percent(r.value, 1)}`).join(', ');
  return (
    <div className="ranges">
      <div className="ranges-bar" role="img" aria-label={t('ranges.label', { list })}>
        {rows.map((r) => (
          <div key={r.key} className={`band band-${r.key}`} style={{ flexGrow: r.value ?? 0 }} />
        ))}
      </div>
      <dl className="ranges-list">
        {rows.map((r) => (
          <div key={r.key} className="ranges-row">
            <dt>
              <span className={`swatch band-${r.key}`} aria-hidden="true" />
              {t(`fig.${r.key}`)}{' '}
              <span className="fine">
                {written(unit === 'mg/dL' ? r.mgdl : r.mmol)} {unit}
              </span>
            </dt>
            <dd>{percent(r.value, 1)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
