// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Page, Panel } from '../parts/Basics.js';
import { Choices, Field } from '../parts/Fields.js';
import { useNewWay } from '../parts/NewWay.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Who } from '../worker/Session.js';
import { Back } from './Back.js';

const ways = ['passkey', 'recovery', 'device', 'handover', 'kit'] as const;
type Help = (typeof ways)[number];

/** On a browser that has nothing: the ways back. */
export function Lost({ first, onOpen }: { first: Help; onOpen: (who: Who) => void }) {
  const { t } = useWords();
  const [help, setHelp] = useState<Help>(first);
  return (
    <Page title={t('lost.title')}>
      <Panel className="narrow stack">
        <Choices
          label={t('lost.what')}
          value={help}
          onChange={(value) => setHelp(value as Help)}
          of={ways.map((value) => ({
            value,
            label: t(`lost.${value}`),
            more: t(`lost.${value}More`),
          }))}
        />
        {help === 'passkey' && <Back onOpen={onOpen} />}
        {help === 'kit' && (
          <div className="row">
            <a className="act act-main" href="#/open">
              {t('start.open')}
            </a>
            <a className="link" href="#/">
              {t('do.back')}
            </a>
          </div>
        )}
        {help !== 'passkey' && help !== 'kit' && <Begin is={help} onOpen={onOpen} />}
      </Panel>
    </Page>
  );
}

const hints = {
  recovery: 'lost.codeHint',
  device: 'lost.codeHintDevice',
  handover: 'lost.codeHintParents',
} as const;

function Begin({ is, onOpen }: { is: keyof typeof hints; onOpen: (who: Who) => void }) {
  const { t } = useWords();
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const way = useNewWay('open.newPassphrase');
  const begin = useCall(async (onProgress) => {
    const about = { is, code: code.trim(), name: name.trim(), way: await way.take() };
    onOpen(await ask('comeBack', about, onProgress));
  });
  const [uncoded, unnamed] = [code.trim() === '', name.trim() === ''];
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (way.check() && !uncoded && !unnamed) void begin.run();
      }}
    >
      <ScannedField
        label={t('lost.code')}
        hint={t(hints[is])}
        value={code}
        onChange={setCode}
        error={tried && uncoded ? t('guard.noCode') : undefined}
      />
      <Field
        label={t('create.name')}
        hint={t('create.nameHint')}
        value={name}
        onChange={setName}
        error={tried && unnamed ? t('create.noName') : undefined}
      />
      {way.fields}
      {begin.state.is === 'busy' ? (
        <Busy step={begin.state.step} />
      ) : (
        <div className="row">
          <Act kind="main" type="submit">
            {t('lost.do')}
          </Act>
          <a className="link" href="#/">
            {t('do.back')}
          </a>
        </div>
      )}
      {begin.state.is === 'failed' && <Trouble failed={begin.state.failed} />}
    </form>
  );
}
