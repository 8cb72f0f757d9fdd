// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import * as Passkey from '../Passkey.js';
import { Act, Ask, Panel } from '../parts/Basics.js';
import { Secret } from '../parts/Fields.js';
import { Busy, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Way } from '../worker/Vault.js';

const shortest = 10;

/** What opens this browser: any of them does, and the last cannot go. */
export function WaysIn() {
  const { t } = useWords();
  const load = useLoaded(() => ask('ways'));
  const [words, setWords] = useState<string>();
  const [tried, setTried] = useState(false);
  const add = useCall(async (_, made: () => Promise<Way>) => {
    await ask('addWay', await made());
    setWords(undefined);
    await load.run();
  });
  const remove = useCall(async (_, nth: number) => {
    await ask('removeWay', { nth });
    await load.run();
  });
  const ways = load.last ?? [];
  const obstacle = Passkey.obstacle();
  const short = (words ?? '').length < shortest;
  return (
    <Panel title={t('way.title')} className="stack">
      <p>{t('way.text')}</p>
      <ul className="lines">
        {ways.map((kind, nth) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a way in has no name but its place
          <li key={nth}>
            <strong>{t(`way.${kind}`)}</strong>
            {ways.length > 1 && (
              <Ask
                danger
                trigger={
                  <Act aria-label={`${t('do.remove')}: ${t(`way.${kind}`)} ${nth + 1}`}>{t('do.remove')}</Act>
                }
                title={t('way.removeTitle')}
                confirm={t('do.remove')}
                onConfirm={() => void remove.run(nth)}
              >
                <p>{t('way.removeText')}</p>
              </Ask>
            )}
          </li>
        ))}
      </ul>
      {obstacle && <p className="fine">{t(`passkey.not.${obstacle}`)}</p>}
      {add.state.is === 'busy' && <Busy step={null} />}
      {add.state.is === 'failed' && <Trouble failed={add.state.failed} />}
      {remove.state.is === 'failed' && <Trouble failed={remove.state.failed} />}
      {words === undefined ? (
        <div className="row">
          {!obstacle && <Act onPress={() => void add.run(Passkey.make)}>{t('way.addPasskey')}</Act>}
          <Act onPress={() => setWords('')}>{t('way.addPassphrase')}</Act>
        </div>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (!short) void add.run(async () => ({ kind: 'passphrase', passphrase: words }));
          }}
        >
          <Secret
            label={t('create.passphrase')}
            hint={t('create.passphraseHint')}
            value={words}
            onChange={setWords}
            autoFocus
            isNew
            error={tried && short ? t('create.short') : undefined}
          />
          <div className="row">
            <Act kind="main" type="submit">
              {t('do.save')}
            </Act>
            <Act onPress={() => setWords(undefined)}>{t('do.cancel')}</Act>
          </div>
        </form>
      )}
    </Panel>
  );
}
