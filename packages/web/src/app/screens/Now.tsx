// Copyright the Islet authors. AGPL-3.0-or-later.
import { bandOf } from '@islet/core/metrics/Ranges';
import { type ReactNode, useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Panel } from '../parts/Basics.js';
import type { Latest } from '../worker/data.js';

const minute = 60_000;
/** A value older than this is not called current. */
const currentMs = 15 * minute;
/** How often its age is told anew. */
const ageEveryMs = 20_000;

const arrows = {
  'falling-fast': '↓',
  falling: '↘',
  steady: '→',
  rising: '↗',
  'rising-fast': '↑',
} as const;

type NowProps = { latest: Latest; fresh: boolean; children?: ReactNode };

/** The newest value, with its age. Without a connection nothing is called current, however young it is. */
export function Now({ latest, fresh, children }: NowProps) {
  const { t, glucose, unit, moment } = useWords();
  const age = useNow() - latest.at;
  const current = age < currentMs && fresh;
  const minutes = Math.max(0, Math.floor(age / minute));
  const ago =
    minutes < 60
      ? t('home.ago.minutes', { n: minutes })
      : minutes < 48 * 60
        ? t('home.ago.hours', { n: Math.floor(minutes / 60) })
        : moment(latest.at);
  const value = latest.beyond
    ? t(latest.beyond === 'low' ? 'home.beyondLow' : 'home.beyondHigh')
    : glucose(latest.mgdl);
  const band = bandOf(latest);
  return (
    <Panel title={t(current ? 'home.now' : 'home.last')} className={current ? 'now' : 'now now-old'}>
      <p className="now-value">
        <span className={`now-mark band-${band}`} aria-hidden="true" />
        <span className="now-number">{value}</span>
        <span className="now-unit">{unit}</span>
        {latest.trend && current && (
          <span className="now-trend">
            <span aria-hidden="true">{arrows[latest.trend]}</span> {t(`home.trend.${latest.trend}`)}
          </span>
        )}
      </p>
      <p>
        {t(`fig.${band}`)} · {ago}
        {!current && ` · ${t('home.old')}`}
      </p>
      {children}
    </Panel>
  );
}

/** The time, told anew now and then: what lies open grows old too. */
function useNow(): number {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), ageEveryMs);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}
