// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import { useOnNews } from '../News.js';
import { Act, Ask } from '../parts/Basics.js';
import { Busy, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Unjudged } from '../worker/sharing.js';

/** Who opened the data in an emergency, when and why, until their person has said what they think of it. */
export function Emergencies() {
  const load = useLoaded(() => ask('emergencies'));
  useOnNews('looks', load.run);
  return (
    <>
      {load.last?.map((one) => (
        <Broken key={one.id} look={one} onJudged={() => void load.run()} />
      ))}
    </>
  );
}

function Broken({ look, onJudged }: { look: Unjudged; onJudged: () => void }) {
  const { t, moment } = useWords();
  const who = look.who ?? t('log.stranger', { code: look.account.slice(0, 8) });
  const judge = useCall(async (_, justified: boolean) => {
    await ask('judge', { id: look.id, justified });
    onJudged();
  });
  return (
    <section className="notice notice-warn emergency" aria-label={t('emergency.title')}>
      <strong>{t('emergency.opened', { who, when: moment(look.at) })}</strong>
      {look.reason === null ? (
        <p>{t('emergency.noReason')}</p>
      ) : (
        <blockquote className="reason">{look.reason}</blockquote>
      )}
      {judge.state.is === 'busy' ? (
        <Busy step={null} />
      ) : (
        <div className="row notice-row">
          <span>{t('emergency.justified')}</span>
          {([true, false] as const).map((justified) => (
            <Ask
              key={String(justified)}
              trigger={<Act>{t(justified ? 'emergency.yes' : 'emergency.no')}</Act>}
              title={t(justified ? 'emergency.sayYes' : 'emergency.sayNo')}
              confirm={t(justified ? 'emergency.yes' : 'emergency.no')}
              onConfirm={() => void judge.run(justified)}
            >
              <p>{t('emergency.once')}</p>
            </Ask>
          ))}
        </div>
      )}
      {judge.state.is === 'failed' && <Trouble failed={judge.state.failed} />}
    </section>
  );
}
