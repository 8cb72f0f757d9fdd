// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import { useEffect, useRef, useState } from 'react';
import { DayTrace } from '../charts/DayTrace.js';
import { useWords } from '../i18n/Settings.js';
import { Act, Page, Panel } from '../parts/Basics.js';
import { Choices } from '../parts/Fields.js';
import { AsOf, Busy, Notice, Trouble } from '../parts/Told.js';
import { unexpected, useCall, useLoaded } from '../parts/useCall.js';
import { ask, type Failed, follow } from '../Worker.js';
import type { Latest, Overview } from '../worker/data.js';
import type { Told } from '../worker/following.js';
import type { Shown, Who } from '../worker/Session.js';
import { Emergencies } from './Emergencies.js';
import { DayByDay, KeyFigures, Profile, Ranges, Sufficiency } from './Figures.js';
import { Gone } from './Gone.js';
import { Now } from './Now.js';
import { ToDo } from './ToDo.js';
import { VerifiedBadge } from './Verified.js';

export function Home({ who }: { who: Who }) {
  const { opensAt } = who;
  // Nothing that is asked for before could be opened, and each request is on record.
  if (opensAt !== null && opensAt > Date.now()) return <Soon opensAt={opensAt} />;
  return (
    <>
      {who.taking && <NotDone />}
      <Own />
    </>
  );
}

/** The account was taken over while somebody was away who is to hear of it. */
function NotDone() {
  const { t } = useWords();
  return (
    <Notice kind="warn">
      <p>{t('own.notDone')}</p>
      <a className="link" href="#/signers">
        {t('own.goOn')}
      </a>
    </Notice>
  );
}

/** After a recovery, until custodians open again. */
function Soon({ opensAt }: { opensAt: number }) {
  const { t, moment } = useWords();
  const told = useLoaded(() => ask('remind')).last;
  return (
    <Page title={t('home.title')}>
      <Emergencies />
      <Notice kind="good">
        <p>{t('wait.lately', { when: moment(told ?? opensAt) })}</p>
        <p>{t('wait.nameAnew')}</p>
      </Notice>
      <ToDo />
    </Page>
  );
}

function Own() {
  const { t } = useWords();
  const [days, setDays] = useState('14');
  // Every look is on record: one for each period, not one more for opening the screen.
  const load = useCall((onProgress) => ask('overview', { days: Number(days) }, onProgress));
  const { state, run } = load;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another period is another look
  useEffect(() => void run(), [days]);
  const [last, setLast] = useState<Shown<Overview>>();
  const [away, setAway] = useState(false);
  const [failed, setFailed] = useState<Failed>();
  const newest = useRef<Latest>(undefined);
  useEffect(() => {
    if (state.is !== 'done') return;
    // What came by itself may be newer than what was looked at.
    setLast(newest.current ? grown(state.value, newest.current) : state.value);
  }, [state]);
  const empty = last && last.figures.statistics.n === 0;
  const isEmpty = useRef(false);
  isEmpty.current = empty === true;
  const follows = last?.asOf === null && last.isFollowed;
  useEffect(() => {
    if (!follows) return;
    const over = new AbortController();
    const told = (update: Told): void => {
      setAway(update.kind === 'away');
      if (update.kind !== 'value') return;
      newest.current = update.value;
      // The first value of all: there is something to look at now.
      if (isEmpty.current) void run();
      setLast((shown) => shown && grown(shown, update.value));
    };
    setFailed(undefined);
    follow('followOwn', undefined, told, over.signal).catch((error) => {
      // Who has just connected an app has nothing to follow yet.
      if (!over.signal.aborted && error.code !== 'STREAM_NOT_SERVED') setFailed(unexpected(error));
    });
    return () => over.abort();
  }, [follows, run]);
  const period = (
    <Choices
      compact
      label={t('home.period')}
      value={days}
      onChange={setDays}
      of={['14', '30', '90'].map((value) => ({ value, label: t('home.days', { n: Number(value) }) }))}
    />
  );
  return (
    <Page title={t('home.title')} aside={last && !empty ? period : undefined}>
      <Emergencies />
      <ToDo />
      {state.is === 'busy' && <Busy step={state.step} />}
      {state.is === 'failed' && <Trouble failed={state.failed} onAgain={() => void run()} />}
      {failed && <Trouble failed={failed} />}
      {last && <AsOf at={last.asOf} onAgain={() => void run()} />}
      {last && <Gone erased={last.erased} />}
      {empty && <Empty />}
      {last && !empty && <Filled overview={last} away={away} onRefresh={() => void run()} />}
    </Page>
  );
}

/** With one value more. The figures of the days stay as they were looked at. */
function grown(shown: Shown<Overview>, value: Latest): Shown<Overview> {
  if (shown.latest && value.at <= shown.latest.at) return shown;
  const { trace } = shown;
  const grownTrace = { at: [...trace.at, value.at], mgdl: [...trace.mgdl, value.mgdl] };
  return { ...shown, latest: value, trace: grownTrace };
}

function Empty() {
  const { t } = useWords();
  return (
    <Panel className="empty">
      <h2>{t('home.empty')}</h2>
      <p>{t('home.emptyText')}</p>
      <div className="row">
        <a className="act act-main" href="#/add">
          {t('home.import')}
        </a>
        <a className="act act-quiet" href="#/devices">
          {t('home.connect')}
        </a>
      </div>
    </Panel>
  );
}

function Filled({ overview, away, onRefresh }: FilledProps) {
  const { t } = useWords();
  const { figures } = overview;
  return (
    <>
      <div className="home-top">
        {overview.latest && (
          <Now latest={overview.latest} fresh={overview.asOf === null}>
            {away && <p className="fine">{t('live.away')}</p>}
            <div className="row">
              <Act onPress={onRefresh}>{t('do.refresh')}</Act>
            </div>
          </Now>
        )}
        <Ranges figures={figures} />
      </div>
      <OneDay overview={overview} />
      <Panel>
        <KeyFigures figures={figures} />
        <Sufficiency figures={figures} />
      </Panel>
      <Profile figures={figures} />
      <DayByDay figures={figures} erased={overview.erased} />
      <Kept overview={overview} />
    </>
  );
}

type FilledProps = { overview: Shown<Overview>; away: boolean; onRefresh: () => void };

function OneDay({ overview }: { overview: Overview }) {
  const { t, shortDay, withUnit, date: dateOf } = useWords();
  const { figures, dayOffsetMinutes: offset, trace, happenings, erased } = overview;
  const [day, setDay] = useState(figures.lastDay);
  useEffect(() => setDay(figures.lastDay), [figures.lastDay]);
  const [from, to] = [Day.startOf(day, offset), Day.endOf(day, offset)];
  const first = trace.at.findIndex((at) => at >= from);
  const end = trace.at.findIndex((at) => at >= to);
  const inside = (list: number[]): number[] =>
    first < 0 ? [] : list.slice(first, end < 0 ? undefined : end);
  const shown = { at: inside(trace.at), mgdl: inside(trace.mgdl) };
  const those = happenings.filter((h) => h.at >= from && h.at < to);
  const date = shortDay(day);
  const gone = erased.find((one) => one.firstDay <= day && one.lastDay >= day);
  const none = gone ? t('gone.thatDay', { when: dateOf(gone.at) }) : t('home.noneThatDay');
  const label =
    shown.at.length === 0
      ? none
      : t('home.trace', {
          date,
          n: shown.at.length,
          low: withUnit(Math.min(...shown.mgdl)),
          high: withUnit(Math.max(...shown.mgdl)),
        });
  return (
    <Panel title={t('home.dayTrace')}>
      <div className="row day-row">
        <Act
          aria-label={t('home.previousDay')}
          isDisabled={day <= figures.firstDay}
          onPress={() => setDay(day - 1)}
        >
          ←
        </Act>
        <strong aria-live="polite">{date}</strong>
        <Act
          aria-label={t('home.nextDay')}
          isDisabled={day >= figures.lastDay}
          onPress={() => setDay(day + 1)}
        >
          →
        </Act>
      </div>
      <DayTrace trace={shown} happenings={those} from={from} to={to} offsetMinutes={offset} label={label} />
      {shown.at.length === 0 && <p>{none}</p>}
      {those.length > 0 && (
        <ul className="legend">
          <li>
            <span className="legend-insulin" aria-hidden="true" /> {t('home.insulin')} (U)
          </li>
          <li>
            <span className="legend-carbs" aria-hidden="true" /> {t('home.carbs')} (g)
          </li>
        </ul>
      )}
    </Panel>
  );
}

function Kept({ overview: { kept, gaps, verified } }: { overview: Overview }) {
  const { t, number, moment } = useWords();
  const waits = kept ? kept.sealed - kept.anchored : 0;
  return (
    <Panel title={t('home.kept')}>
      {kept && (
        <>
          <ol className="kept">
            <li>
              <strong>{number(kept.readings)}</strong> {t('home.received')}
            </li>
            <li>
              <strong>{number(kept.stored)}</strong> {t('home.stored')}
            </li>
            <li>
              <strong>{number(kept.anchored)}</strong> {t('home.anchored')}
            </li>
          </ol>
          <p>{waits > 0 ? t('home.keptWaiting', { n: waits }) : t('home.keptAll')}</p>
        </>
      )}
      {verified && <p>{t('home.completeUntil', { time: moment(verified.completeUntil) })}</p>}
      {gaps.length === 0 ? (
        <p>{t('home.noGaps')}</p>
      ) : (
        <details>
          <summary>{t('home.gaps', { n: gaps.length })}</summary>
          <ul>
            {gaps.map((gap) => (
              <li key={gap.from}>{t('home.gap', { from: moment(gap.from), to: moment(gap.to) })}</li>
            ))}
          </ul>
        </details>
      )}
      {verified && <VerifiedBadge verified={verified} />}
    </Panel>
  );
}
