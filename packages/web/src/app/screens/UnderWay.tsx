// Copyright the Islet authors. AGPL-3.0-or-later.
import { useContext } from 'react';
import { useWords } from '../i18n/Settings.js';
import { NewsContext } from '../News.js';
import { Act, Ask } from '../parts/Basics.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';

/** Above every screen while guardians take the account over, so that who did not ask for it can stop it. */
export function UnderWay() {
  const { t, moment } = useWords();
  const recoveries = useContext(NewsContext)?.recoveries ?? [];
  const object = useCall(() => ask('objectRecovery'));
  const { state } = object;
  if (recoveries.length === 0)
    return state.is === 'done' ? (
      <Notice kind="good">
        <p>{t('recovery.stopped', { n: state.value.told, of: state.value.of })}</p>
        <p>{t('recovery.then')}</p>
      </Notice>
    ) : null;
  const agreed = Math.max(...recoveries.map((one) => one.approvals));
  const need = Math.max(...recoveries.map((one) => one.need));
  const ready = recoveries.flatMap((one) => one.readyAt ?? []);
  return (
    <div role="alert" className="notice notice-bad underway">
      <strong>{t('recovery.title')}</strong>
      <p>
        {t('recovery.agreed', { n: agreed, of: need })}{' '}
        {ready.length > 0 && t('recovery.from', { when: moment(Math.min(...ready)) })}
      </p>
      <p>{t('recovery.text')}</p>
      {state.is === 'busy' ? (
        <Busy step={null} />
      ) : (
        <div className="row notice-row">
          <Ask
            danger
            trigger={<Act kind="danger">{t('recovery.object')}</Act>}
            title={t('recovery.object')}
            confirm={t('recovery.objectDo')}
            onConfirm={() => void object.run()}
          >
            <p>{t('recovery.objectText')}</p>
          </Ask>
        </div>
      )}
      {state.is === 'failed' && <Trouble failed={state.failed} />}
    </div>
  );
}
