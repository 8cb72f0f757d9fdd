// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Panel, saveFile } from '../parts/Basics.js';
import { Choices, Secret } from '../parts/Fields.js';
import { shortest } from '../parts/NewWay.js';
import { QrCode } from '../parts/QrCode.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Who } from '../worker/Session.js';

type Needs = 'paper' | 'both';
type Made = { text: string; file: string; name: string; isLocked: boolean };

/** The recovery kit: made, printed, and kept by the person. */
export function Kit({ who, onChanged }: { who: Who; onChanged: (who: Who) => void }) {
  const { t } = useWords();
  const [needs, setNeeds] = useState<Needs>('paper');
  const [passphrase, setPassphrase] = useState('');
  const [tried, setTried] = useState(false);
  const kit = useCall(() => ask('kit', needs === 'both' ? { passphrase } : {}));
  const short = needs === 'both' && passphrase.length < shortest;
  const saved = (): void =>
    void ask('hasKit').then(() => {
      kit.reset();
      setPassphrase('');
      onChanged({ ...who, hasKit: true });
    });
  return (
    <Panel title={t('me.kit')} className="kit stack">
      <p>{t('me.kitText')}</p>
      {who.hasKit && <Notice kind="good">{t('me.kitDone')}</Notice>}
      {kit.state.is === 'done' ? (
        <Shown who={who} kit={kit.state.value} onSaved={saved} />
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (!short) void kit.run();
          }}
        >
          <Choices
            label={t('kit.needs')}
            value={needs}
            onChange={(value) => setNeeds(value as Needs)}
            of={(['paper', 'both'] as const).map((value) => ({
              value,
              label: t(`kit.${value}`),
              more: t(`kit.${value}More`),
            }))}
          />
          {needs === 'both' && (
            <Secret
              isNew
              label={t('kit.passphrase')}
              hint={t('kit.passphraseHint')}
              value={passphrase}
              onChange={setPassphrase}
              error={tried && short ? t('create.short') : undefined}
            />
          )}
          {kit.state.is === 'busy' ? (
            <Busy step={null} />
          ) : (
            <div className="row">
              <Act kind={who.hasKit ? 'quiet' : 'main'} type="submit">
                {t('me.kitShow')}
              </Act>
            </div>
          )}
        </form>
      )}
      {kit.state.is === 'failed' && <Trouble failed={kit.state.failed} />}
    </Panel>
  );
}

function Shown({ who, kit, onSaved }: { who: Who; kit: Made; onSaved: () => void }) {
  const { t } = useWords();
  const { text, file, name, isLocked } = kit;
  return (
    <>
      <div className="made-parts kit-paper">
        <div>
          <p>
            <strong>Islet · {who.name}</strong>
          </p>
          <p className="fine">{t('me.kitPaper')}</p>
          <p className="kit-text">{text.replaceAll('-', ' ')}</p>
          <p>{t(isLocked ? 'kit.isLocked' : 'kit.isOpen')}</p>
          <p className="fine">{t('me.kitCode', { code: who.code })}</p>
        </div>
        <QrCode text={text} label={t('me.kit')} />
      </div>
      <div className="row">
        <Act onPress={() => saveFile(`islet-${name}.${isLocked ? 'kit.txt' : 'wallet'}`, file)}>
          {t('do.download')}
        </Act>
        <Act onPress={() => print()}>{t('do.print')}</Act>
        <Act kind="main" onPress={onSaved}>
          {t('me.kitSaved')}
        </Act>
      </div>
    </>
  );
}
