// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { useOnNews } from '../News.js';
import { Page, Panel } from '../parts/Basics.js';
import { Choices } from '../parts/Fields.js';
import { Busy, Notice, Trouble, useFailureText } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Broken, LogLine } from '../worker/sharing.js';
import { useInCircle } from './Circles.js';
import { Emergencies } from './Emergencies.js';
import { Stop } from './Share.js';

type Filter = 'others' | 'all' | 'refused' | 'you';

const passes = (line: LogLine, filter: Filter): boolean => {
  const own = line.is === 'device' || line.own;
  if (filter === 'all') return true;
  if (filter === 'refused') return line.is === 'look' && !line.granted;
  return filter === 'you' ? own : !own;
};

/** Every look and every refusal, as sentences. */
export function WhoSaw() {
  const { t, list } = useWords();
  const load = useLoaded(() => ask('log'));
  const [filter, setFilter] = useState<Filter>('others');
  const revoke = useCall(async (_, id: string) => {
    const { told } = await ask('revoke', { id });
    await load.run();
    return told;
  });
  useOnNews('looks', load.run);
  const { state } = load;
  const page = load.last;
  const shown = page?.lines.filter((line) => passes(line, filter)) ?? [];
  return (
    <Page title={t('log.title')} lead={t('log.text')}>
      <Emergencies />
      <Choices
        compact
        label={t('log.filter')}
        value={filter}
        onChange={(value) => setFilter(value as Filter)}
        of={[
          { value: 'others', label: t('log.others') },
          { value: 'refused', label: t('log.refused') },
          { value: 'you', label: t('log.you') },
          { value: 'all', label: t('log.all') },
        ]}
      />
      {state.is === 'busy' && <Busy step={null} />}
      {state.is === 'failed' && <Trouble failed={state.failed} onAgain={() => void load.run()} />}
      {revoke.state.is === 'busy' && <Busy step={null} />}
      {revoke.state.is === 'failed' && <Trouble failed={revoke.state.failed} />}
      {revoke.state.is === 'done' && (
        <Notice kind="good">{t('share.stopped', { n: revoke.state.value })}</Notice>
      )}
      {page && (
        <>
          {page.silent.length > 0 && (
            <Notice kind="warn">{t('log.silent', { list: list(page.silent.map(String)) })}</Notice>
          )}
          {!page.sound && <Notice kind="warn">{t('log.unsound')}</Notice>}
          {page.gatewayAway && <Notice kind="warn">{t('log.gatewayAway')}</Notice>}
          <Panel>
            {shown.length === 0 && <p>{t('log.none')}</p>}
            <ol className="log">
              {shown.map((line) => (
                <Line key={line.id} line={line} onStop={(id) => void revoke.run(id)} />
              ))}
            </ol>
          </Panel>
        </>
      )}
    </Page>
  );
}

function Line({ line, onStop }: { line: LogLine; onStop: (id: string) => void }) {
  const { t, moment, day, list, streams } = useWords();
  const textOf = useFailureText();
  const inCircle = useInCircle();
  if (line.is === 'device')
    return (
      <li className="log-line">
        <time>{moment(line.at)}</time>
        <p>{t('log.device', { device: line.device, n: line.readings })}</p>
      </li>
    );
  const who = line.who ?? t('log.stranger', { code: line.account.slice(0, 8) });
  const what = line.own
    ? t(line.granted ? 'log.youLooked' : 'log.youRefused')
    : !line.granted
      ? t('log.wasRefused', { who })
      : line.streams
        ? t('log.looked', { who, what: streams(line.streams) })
        : t('log.lookedSome', { who });
  const details: string[] = [];
  if (line.role)
    details.push(line.role.name ? t('log.asRole', { role: line.role.name }) : t('log.asSomeRole'));
  if (line.circle) details.push(inCircle(line.circle.keeper, line.circle.name));
  // A look at everything spans all the days there can be, which says nothing.
  if (line.firstDay !== null && line.lastDay !== null && line.lastDay - line.firstDay < 4000)
    details.push(t('log.days', { from: day(line.firstDay), to: day(line.lastDay) }));
  if (line.times > 1) details.push(t('log.times', { n: line.times }));
  if (line.granted && !line.own)
    details.push(
      line.custodians.length > 0
        ? t('log.opened', { list: list(line.custodians.map(String)) })
        : t('log.notOpened'),
    );
  return (
    <li className={line.granted ? 'log-line' : 'log-line log-refused'}>
      <time>{moment(line.at)}</time>
      <div>
        <p>
          <strong>{what}</strong>
          {!line.granted && <span> {textOf(line.code, line.code)}</span>}
        </p>
        {line.emergency && <Why broken={line.emergency} />}
        {details.length > 0 && <p className="fine">{details.join(' · ')}</p>}
      </div>
      {line.granted && !line.own && line.grantActive && (
        <Stop who={who} onStop={() => onStop(line.grantId)} />
      )}
    </li>
  );
}

/** The reason of an emergency, and what the person said of it. */
function Why({ broken: { reason, justified } }: { broken: Broken }) {
  const { t } = useWords();
  return (
    <p>
      {reason === null ? t('emergency.noReason') : t('emergency.stated', { reason })}
      {justified !== null && <> {t(justified ? 'emergency.saidYes' : 'emergency.saidNo')}</>}
    </p>
  );
}
