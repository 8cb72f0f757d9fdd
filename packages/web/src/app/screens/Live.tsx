// Copyright the Islet authors. AGPL-3.0-or-later.
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Page, Panel } from '../parts/Basics.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { unexpected, useLoaded } from '../parts/useCall.js';
import { ask, type Failed, follow } from '../Worker.js';
import type { Latest } from '../worker/data.js';
import type { Told } from '../worker/following.js';
import { Now } from './Now.js';
import { useTitleOf } from './Patients.js';

/** Someone's glucose as it comes, for as long as they allow it. */
export function Live({ account, grant }: { account: string; grant: string }) {
  const { t } = useWords();
  const titleOf = useTitleOf();
  const patients = useLoaded(() => ask('patients'));
  const patient = patients.last?.find((one) => one.account === account);
  const [latest, setLatest] = useState<Latest>();
  const [trouble, setTrouble] = useState<'away' | 'missing'>();
  const [failed, setFailed] = useState<Failed>();
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each try asks anew
  useEffect(() => {
    setFailed(undefined);
    const over = new AbortController();
    const told = (update: Told): void => {
      setTrouble(update.kind === 'value' ? undefined : update.kind);
      if (update.kind === 'value')
        setLatest((shown) => (shown && shown.at > update.value.at ? shown : update.value));
    };
    follow('followGrant', { account, grant }, told, over.signal).catch((error) => {
      if (!over.signal.aborted) setFailed(unexpected(error));
    });
    return () => over.abort();
  }, [account, grant, tries]);
  const refused = failed?.code.startsWith('DENIED_');
  return (
    <Page title={t('live.title')} lead={patient && <strong>{titleOf(patient)}</strong>}>
      {latest && <Now latest={latest} fresh={!failed && trouble !== 'away'} />}
      {failed ? (
        <>
          <Trouble
            failed={failed}
            {...(refused ? { title: t('live.ended') } : { onAgain: () => setTries(tries + 1) })}
          />
          {refused && <p className="fine">{t(latest ? 'live.kept' : 'report.onRecord')}</p>}
        </>
      ) : trouble ? (
        <Notice kind="warn">{t(`live.${trouble}`)}</Notice>
      ) : (
        !latest && (
          <Panel className="stack">
            <Busy step={{ what: 'waiting', done: 0, of: 1 }} />
            <p>{t('live.waiting')}</p>
          </Panel>
        )
      )}
      <a className="link" href="#/patients">
        {t('do.back')}
      </a>
    </Page>
  );
}
