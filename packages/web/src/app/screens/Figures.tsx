// Copyright the Islet authors. AGPL-3.0-or-later.
// What a period's glucose comes to: the same parts at home, in a preview and in a report.

import { AgpChart } from '../charts/AgpChart.js';
import { Daily } from '../charts/Daily.js';
import { Fitted } from '../charts/Fitted.js';
import { Hours } from '../charts/Hours.js';
import { RangesBar } from '../charts/RangesBar.js';
import type { Key } from '../i18n/Language.js';
import { useWords, type Words } from '../i18n/Settings.js';
import { About, Panel } from '../parts/Basics.js';
import type { Erased } from '../worker/data.js';
import type { Figures } from '../worker/Figures.js';

type Shown = { figures: Figures };
type ShownDays = Shown & { erased?: readonly Erased[] };

/** The figures in a row, each with what it means. */
export function KeyFigures({ figures: { statistics: s, sensorActivePercent } }: Shown) {
  const { t, glucose, unit, percent, number, spread } = useWords();
  const dash = '–';
  const all: {
    key: 'mean' | 'gmi' | 'cv' | 'sd' | 'gri' | 'wear' | 'tight';
    value: string;
    unit?: string;
  }[] = [
    { key: 'mean', value: s.meanMgDl === null ? dash : glucose(s.meanMgDl), unit },
    { key: 'gmi', value: percent(s.gmiPercent, 1) },
    { key: 'cv', value: percent(s.cvPercent, 1) },
    { key: 'sd', value: s.sdMgDl === null ? dash : spread(s.sdMgDl), unit },
    { key: 'gri', value: s.gri === null ? dash : number(s.gri) },
    { key: 'tight', value: percent(s.tightRangePercent, 1) },
    { key: 'wear', value: percent(sensorActivePercent, 1) },
  ];
  return (
    <dl className="figures">
      {all.map(({ key, value, unit }) => (
        <div key={key} className="figure" data-figure={key}>
          <dt>
            {t(`fig.${key}`)} <About name={t(`fig.${key}`)} text={t(`def.${key}`)} />
          </dt>
          <dd>
            {value}
            {unit && value !== dash && <span className="figure-unit"> {unit}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Whether that is enough to judge by, and if not, why. */
export function sufficiencyOf({ t, percent, number, list }: Words, f: Figures): string {
  if (f.sufficient)
    return t('sufficient.yes', {
      days: number(Math.round(f.days)),
      percent: percent(f.sensorActivePercent),
    });
  return t('sufficient.no', { why: list(f.insufficiency.map((one) => t(`why.${one}`))) });
}

export function Sufficiency({ figures: f }: Shown) {
  const words = useWords();
  return (
    <p className={f.sufficient ? 'sufficient' : 'sufficient sufficient-no'}>{sufficiencyOf(words, f)}</p>
  );
}

export function Profile({ figures: f }: Shown) {
  const { t, unit, day, glucose, minuteOfDay, streams } = useWords();
  if (f.hours)
    return (
      <Panel title={t('agp.hours')}>
        <Fitted>{(width) => <Hours hours={f.hours ?? []} label={t('agp.hours')} width={width} />}</Fitted>
      </Panel>
    );
  if (!f.agp)
    return f.stream === 'glucose/raw' ? null : (
      <Panel title={t('home.agp')}>
        <p>{t('agp.none', { what: streams([f.stream]) })}</p>
      </Panel>
    );
  const middles = f.agp.flatMap((b) => b.p50 ?? []);
  const label = t('agp.label', {
    from: day(f.firstDay),
    to: day(f.lastDay),
    low: glucose(Math.min(...middles)),
    high: `${glucose(Math.max(...middles))} ${unit}`,
  });
  return (
    <Panel title={t('home.agp')} about={t('def.agp')}>
      <p className="fine">{t('home.agpMore')}</p>
      <Fitted>
        {(width) => (
          <AgpChart bins={f.agp ?? []} name={glucose} label={label} hour={minuteOfDay} width={width} />
        )}
      </Fitted>
      <ul className="legend">
        <li>
          <span className="legend-line" aria-hidden="true" /> {t('agp.p50')}
        </li>
        <li>
          <span className="legend-inner" aria-hidden="true" /> {t('agp.p25')}
        </li>
        <li>
          <span className="legend-outer" aria-hidden="true" /> {t('agp.p05')}
        </li>
      </ul>
      <details className="as-table">
        <summary>{t('agp.table')}</summary>
        <AgpTable bins={f.agp} />
      </details>
    </Panel>
  );
}

function AgpTable({ bins }: { bins: NonNullable<Figures['agp']> }) {
  const { t, unit, glucose, minuteOfDay } = useWords();
  const columns = ['p05', 'p25', 'p50', 'p75', 'p95'] as const;
  return (
    <section className="scroll" aria-label={t('agp.table')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('agp.time')}</th>
            {columns.map((p) => (
              <th key={p} scope="col">
                {Number(p.slice(1))} % <span className="fine">{unit}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bins
            .filter((b) => b.fromMinute % 60 === 0)
            .map((b) => (
              <tr key={b.fromMinute}>
                <th scope="row">{minuteOfDay(b.fromMinute)}</th>
                {columns.map((p) => (
                  <td key={p}>{b[p] === null ? '–' : glucose(b[p])}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

export function Ranges({ figures }: Shown) {
  const { t } = useWords();
  return (
    <Panel title={t('home.ranges')} about={t('def.ranges')}>
      <RangesBar statistics={figures.statistics} />
    </Panel>
  );
}

export function DayByDay({ figures, erased = [] }: ShownDays) {
  const { t } = useWords();
  if (figures.daily.length === 0) return null;
  return (
    <Panel
      title={t(figures.stream === 'glucose/week' ? 'report.weekly' : 'report.daily')}
      {...(figures.daily.some((d) => d.points.length > 0) && { about: t('def.daily') })}
    >
      <Daily days={figures.daily} erased={erased} />
    </Panel>
  );
}

export const limitOf = { hypo1: 70, hypo2: 54, hyper1: 180, hyper2: 250 } as const;

function EpisodesTable({ figures }: Shown) {
  const { t, number, withUnit } = useWords();
  if (!figures.episodes) return null;
  return (
    <Panel title={t('report.episodes')} about={t('def.episodes')}>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{t('report.count')}</th>
            <th scope="col">{t('report.perDay')}</th>
            <th scope="col">{t('report.longest')}</th>
          </tr>
        </thead>
        <tbody>
          {figures.episodes.map(({ level, list, perDay }) => (
            <tr key={level}>
              <th scope="row">{t(`report.level.${level}` as Key, { limit: withUnit(limitOf[level]) })}</th>
              <td>{number(list.length)}</td>
              <td>{perDay === null ? '–' : number(perDay, 1)}</td>
              <td>
                {list.length === 0
                  ? '–'
                  : t('report.minutes', { n: Math.round(Math.max(...list.map((e) => e.minutes))) })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** All of it, as one page. */
export function OnePage({ figures, erased = [] }: ShownDays) {
  return (
    <div className="report">
      <Sufficiency figures={figures} />
      <div className="report-top">
        <Ranges figures={figures} />
        <Panel>
          <KeyFigures figures={figures} />
        </Panel>
      </div>
      <Profile figures={figures} />
      <EpisodesTable figures={figures} />
      <DayByDay figures={figures} erased={erased} />
    </div>
  );
}
