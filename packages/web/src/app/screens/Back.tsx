// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import * as AccountPasskey from '../AccountPasskey.js';
import { useWords } from '../i18n/Settings.js';
import * as Passkey from '../Passkey.js';
import { Act } from '../parts/Basics.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Coming } from '../worker/byPasskey.js';
import type { Who } from '../worker/Session.js';

/** Nothing but a passkey: one touch says whose, the second lets this browser in. */
export function Back({ onOpen }: { onOpen: (who: Who) => void }) {
  const { t } = useWords();
  const obstacle = Passkey.obstacle();
  const [found, setFound] = useState<{ coming: Coming; credential: Uint8Array }>();
  const find = useCall(async (onProgress) => {
    const chosen = await AccountPasskey.find(await ask('passkeyInput'));
    const coming = await ask('comeByPasskey', chosen, onProgress);
    setFound({ coming, credential: chosen.credential });
  });
  const arrive = useCall(async (onProgress) => {
    if (!found) return;
    const assertion = await AccountPasskey.sign(found.credential, found.coming.digest);
    onOpen(await ask('arriveByPasskey', { assertion }, onProgress));
  });
  const now = found ? arrive : find;
  if (obstacle) return <p>{t(obstacle === 'browser' ? 'back.notHere' : `passkey.not.${obstacle}`)}</p>;
  return (
    <div className="stack">
      {found ? (
        <Notice kind="good">
          <p>
            <strong>{t('back.found', { name: found.coming.name })}</strong>
          </p>
          <p>{t('back.foundCode', { code: found.coming.code })}</p>
          <p>{t('back.foundText')}</p>
        </Notice>
      ) : (
        <p>{t('back.text')}</p>
      )}
      {now.state.is === 'busy' ? (
        <Busy step={now.state.step} />
      ) : (
        <div className="row">
          <Act key={found ? 'arrive' : 'find'} kind="main" autoFocus onPress={() => void now.run()}>
            {t(found ? 'back.arrive' : 'back.find')}
          </Act>
          <a className="link" href="#/">
            {t('do.back')}
          </a>
        </div>
      )}
      {now.state.is === 'failed' && <Trouble failed={now.state.failed} />}
    </div>
  );
}
