// Copyright the Islet authors. AGPL-3.0-or-later.
import * as AccountPasskey from '../AccountPasskey.js';
import { useWords } from '../i18n/Settings.js';
import * as Passkey from '../Passkey.js';
import { Act, Panel } from '../parts/Basics.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';

/** A passkey that speaks for the account, and brings it back to where there is nothing else of it. */
export function AddPasskey({ onDone }: { onDone: () => void }) {
  const { t } = useWords();
  const obstacle = Passkey.obstacle();
  const add = useCall(async () => {
    const { handle, letters, input } = await ask('passkeyToMake');
    const made = await AccountPasskey.make({ handle, input, name: t('back.keyName', { letters }) });
    const added = await ask('addPasskey', made);
    onDone();
    return added;
  });
  const { state } = add;
  return (
    <Panel title={t('back.add')} className="stack">
      <p>{t('back.addText')}</p>
      <ul>
        <li>{t('back.meansAll')}</li>
        <li>{t('back.meansKeeper')}</li>
        <li>{t('back.meansHere', { site: location.hostname })}</li>
      </ul>
      {obstacle && (
        <p className="fine">{t(obstacle === 'browser' ? 'back.notHere' : `passkey.not.${obstacle}`)}</p>
      )}
      {state.is === 'done' && (
        <Notice kind={state.value.kept && state.value.told === state.value.of ? 'good' : 'warn'}>
          <p>{t(state.value.kept ? 'back.added' : 'back.addedNoPrf')}</p>
          <p>{t('back.heard', { n: state.value.told, of: state.value.of })}</p>
        </Notice>
      )}
      {state.is === 'failed' && <Trouble failed={state.failed} />}
      {state.is === 'busy' ? (
        <>
          <p>{t('back.twice')}</p>
          <Busy step={state.step} />
        </>
      ) : (
        !obstacle && (
          <div className="row">
            <Act kind={state.is === 'done' ? 'quiet' : 'main'} onPress={() => void add.run()}>
              {t('back.addDo')}
            </Act>
          </div>
        )
      )}
    </Panel>
  );
}
