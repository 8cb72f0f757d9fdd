// Copyright the Islet authors. AGPL-3.0-or-later.

import type { GlucoseUnit } from '@islet/core/Reading';
import { useState } from 'react';
import { type Theme, useSettings, useWords } from '../i18n/Settings.js';
import { Act, Ask, Copyable, Page, Panel, saveFile } from '../parts/Basics.js';
import { Choices } from '../parts/Fields.js';
import { Languages } from '../parts/Languages.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Who } from '../worker/Session.js';
import { Erase } from './Erase.js';
import { Kit } from './Kit.js';
import { Invite } from './Patients.js';
import { WaysIn } from './WaysIn.js';

type Props = { who: Who; onChanged: (who: Who) => void; onGone: () => void };

export function Me({ who, onChanged, onGone }: Props) {
  const { t } = useWords();
  return (
    <Page title={who.name}>
      <Display />
      <Kit who={who} onChanged={onChanged} />
      <Safety who={who} />
      <WaysIn />
      {who.role === 'clinician' && <Invite who={who} />}
      {who.role === 'patient' && <TakeAway who={who} />}
      <Offline who={who} onChanged={onChanged} />
      {who.role === 'patient' && <Erase onGone={onGone} />}
      <Panel title={t('me.forget')}>
        <p>{t('me.forgetText')}</p>
        <Ask
          danger
          trigger={<Act kind="danger">{t('me.forgetDo')}</Act>}
          title={t('me.forgetDo')}
          confirm={t('do.remove')}
          onConfirm={() => void ask('forget').then(onGone)}
        >
          <p>{t('me.forgetText')}</p>
        </Ask>
      </Panel>
    </Page>
  );
}

function Display() {
  const { t } = useWords();
  const { unit, theme, change } = useSettings();
  return (
    <Panel title={t('me.settings')} className="stack">
      <Choices
        compact
        label={t('me.unit')}
        value={unit}
        onChange={(value) => change({ unit: value as GlucoseUnit })}
        of={['mg/dL', 'mmol/L'].map((value) => ({ value, label: value }))}
      />
      <Languages />
      <Choices
        compact
        label={t('me.theme')}
        value={theme ?? 'auto'}
        onChange={(value) => change({ theme: value === 'auto' ? null : (value as Theme) })}
        of={[
          { value: 'auto', label: t('me.themeAuto') },
          { value: 'light', label: t('me.themeLight') },
          { value: 'dark', label: t('me.themeDark') },
        ]}
      />
    </Panel>
  );
}

/** Whether what was opened stays readable without a connection. */
function Offline({ who, onChanged }: { who: Who; onChanged: (who: Who) => void }) {
  const { t } = useWords();
  const { preferences } = who;
  return (
    <Panel title={t('me.offline')} className="stack">
      <p>{t('me.offlineText')}</p>
      <Choices
        compact
        label={t('me.offlineLabel')}
        value={preferences.offline === false ? 'no' : 'yes'}
        onChange={(value) => {
          const next = { ...preferences, offline: value === 'yes' };
          void ask('prefer', next).then(() => onChanged({ ...who, preferences: next }));
        }}
        of={[
          { value: 'yes', label: t('me.offlineYes') },
          { value: 'no', label: t('me.offlineNo') },
        ]}
      />
    </Panel>
  );
}

/** Who and what helps when this device is gone. */
function Safety({ who }: { who: Who }) {
  const { t } = useWords();
  const links = ['guardians', 'signers', 'helping'] as const;
  return (
    <Panel title={t('me.safety')} className="stack">
      <ul className="lines">
        {links.map((to) => (
          <li key={to}>
            <span>
              <strong>{t(`me.${to}`)}</strong>
              <span className="fine block">{t(`me.${to}More`)}</span>
            </span>
            <a className="act act-quiet" href={`#/${to}`} aria-label={`${t('me.goTo')}: ${t(`me.${to}`)}`}>
              {t('me.goTo')}
            </a>
          </li>
        ))}
      </ul>
      {who.role === 'patient' && (
        <>
          <Copyable label={t('me.code')} text={who.code} />
          <p className="fine">{t('me.codeText')}</p>
        </>
      )}
    </Panel>
  );
}

function TakeAway({ who }: { who: Who }) {
  const { t } = useWords();
  const [count, setCount] = useState<number>();
  const make = useCall(async (onProgress) => {
    const made = await ask('exportAll', undefined, onProgress);
    saveFile(`islet-export-${who.name}.json`, made.text);
    setCount(made.readings);
  });
  return (
    <Panel title={t('me.export')} className="stack">
      <p>{t('me.exportText')}</p>
      {make.state.is === 'busy' ? (
        <Busy step={make.state.step} />
      ) : (
        <div className="row">
          <Act onPress={() => void make.run()}>{t('me.exportDo')}</Act>
          <a className="link" href="#/verify">
            {t('nav.verify')}
          </a>
        </div>
      )}
      {make.state.is === 'done' && <Notice kind="good">{t('me.exported', { n: count ?? 0 })}</Notice>}
      {make.state.is === 'failed' && <Trouble failed={make.state.failed} />}
    </Panel>
  );
}
