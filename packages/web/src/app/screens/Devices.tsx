// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Ask, Copyable, Page, Panel } from '../parts/Basics.js';
import { Choices, Field } from '../parts/Fields.js';
import { QrCode } from '../parts/QrCode.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import { AddTabs } from './Import.js';

type May = 'write' | 'read' | 'both';

export function Devices() {
  const { t } = useWords();
  const known = useLoaded(() => ask('devices'));
  const [name, setName] = useState('');
  const [may, setMay] = useState<May>('write');
  const pair = useCall(async (onProgress) => {
    const made = await ask('pair', { name: name.trim() || 'xDrip+', may }, onProgress);
    void known.run();
    return { ...made, name: name.trim() || 'xDrip+' };
  });
  const unpair = useCall(async (_, id: string) => {
    await ask('unpair', { id });
    await known.run();
  });
  const elsewhere = known.state.is === 'done' && known.state.value.devices === null;
  return (
    <Page title={t('devices.title')} lead={t('devices.text')}>
      <AddTabs now="devices" />
      <Panel>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void pair.run();
          }}
        >
          <Field label={t('devices.name')} value={name} onChange={setName} />
          <Choices
            compact
            label={t('devices.may')}
            value={may}
            onChange={(value) => setMay(value as May)}
            of={[
              { value: 'write', label: t('devices.write') },
              { value: 'read', label: t('devices.read') },
              { value: 'both', label: t('devices.both') },
            ]}
          />
          {elsewhere && <Notice kind="good">{t('devices.elsewhere')}</Notice>}
          {pair.state.is === 'busy' ? (
            <Busy step={pair.state.step} />
          ) : (
            <div className="row">
              <Act kind="main" type="submit">
                {t('devices.do')}
              </Act>
            </div>
          )}
          {pair.state.is === 'failed' && <Trouble failed={pair.state.failed} />}
        </form>
      </Panel>
      {pair.state.is === 'done' && <Made {...pair.state.value} />}
      <Panel title={t('devices.known')}>
        {known.state.is === 'failed' && <Trouble failed={known.state.failed} />}
        {unpair.state.is === 'busy' && <Busy step={null} />}
        {unpair.state.is === 'failed' && <Trouble failed={unpair.state.failed} />}
        {unpair.state.is === 'done' && <Notice kind="good">{t('devices.ended')}</Notice>}
        {known.state.is === 'done' && (known.state.value.devices ?? []).length === 0 && (
          <p>{t('devices.none')}</p>
        )}
        {known.state.is === 'done' && (
          <ul className="lines">
            {(known.state.value.devices ?? []).map((d) => (
              <li key={d.id}>
                <span>
                  <strong>{d.name === 'browser' ? t('devices.browser') : d.name}</strong>
                  <span className="fine"> · {t(`devices.${d.may}`)}</span>
                </span>
                <Ask
                  danger
                  trigger={<Act aria-label={`${t('devices.end')}: ${d.name}`}>{t('devices.end')}</Act>}
                  title={`${t('devices.end')}: ${d.name}?`}
                  confirm={t('devices.end')}
                  onConfirm={() => void unpair.run(d.id)}
                >
                  <p>{t('devices.endText')}</p>
                </Ask>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </Page>
  );
}

function Made({ name, secret, gateway }: { name: string; secret: string; gateway: string }) {
  const { t } = useWords();
  const { protocol, host, hostname } = new URL(gateway);
  // What xDrip+ and its relatives take in one scan.
  const scan = JSON.stringify({ rest: { endpoint: [`${protocol}//${secret}@${host}/api/v1/`] } });
  return (
    <Panel title={t('devices.ready', { name })} className="made">
      <div className="made-parts">
        <div className="stack">
          <Copyable label={t('devices.address')} text={gateway} />
          <Copyable label={t('devices.secret')} text={secret} />
          <p className="fine">{t('devices.once')}</p>
          {['127.0.0.1', 'localhost'].includes(hostname) && <Notice kind="warn">{t('devices.local')}</Notice>}
        </div>
        <figure>
          <QrCode text={scan} label={t('devices.scan')} />
          <figcaption className="fine">{t('devices.scan')}</figcaption>
        </figure>
      </div>
    </Panel>
  );
}
