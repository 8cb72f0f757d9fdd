// Copyright the Islet authors. AGPL-3.0-or-later.
import type * as Wrapped from '@islet/core/Wrapped';
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import * as Passkey from '../Passkey.js';
import { Act, Page, Panel } from '../parts/Basics.js';
import { DropFile } from '../parts/DropFile.js';
import { Choices, Field, Secret } from '../parts/Fields.js';
import { useNewWay } from '../parts/NewWay.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Who } from '../worker/Session.js';
import type * as Vault from '../worker/Vault.js';

type Role = Who['role'];
type Done = { onOpen: (who: Who) => void };
type Key = Wrapped.Key;
type Ways = Awaited<ReturnType<typeof Vault.waysOf>>;

/** The first thing anyone sees. */
export function Welcome() {
  const { t } = useWords();
  return (
    <div className="welcome">
      <header className="welcome-head">
        <h1>{t('app.tagline')}</h1>
      </header>
      <nav className="doors" aria-label={t('app.main')}>
        <Door to="#/create/patient" title={t('start.patient')} more={t('start.patientMore')} main />
        <Door to="#/create/clinician" title={t('start.clinician')} more={t('start.clinicianMore')} main />
        <Door to="#/open" title={t('start.open')} more={t('start.openMore')} />
        <Door to="#/back" title={t('start.back')} more={t('start.backMore')} />
        <Door to="#/lost" title={t('start.lost')} more={t('start.lostMore')} />
        <Door to="#/verify" title={t('start.check')} more={t('start.checkMore')} />
      </nav>
      <ul className="how">
        <li>{t('start.how1')}</li>
        <li>{t('start.how2')}</li>
        <li>{t('start.how3')}</li>
      </ul>
    </div>
  );
}

function Door({ to, title, more, main }: { to: string; title: string; more: string; main?: boolean }) {
  return (
    <a className={main ? 'door door-main' : 'door'} href={to}>
      <strong>{title}</strong>
      <span>{more}</span>
    </a>
  );
}

export function Create({ role, onOpen }: Done & { role: Role }) {
  const { t } = useWords();
  const [name, setName] = useState('');
  const way = useNewWay();
  const [tried, setTried] = useState(false);
  const create = useCall(async (onProgress) => {
    const who = await ask('create', { name: name.trim(), role, way: await way.take() }, onProgress);
    onOpen(who);
    return who;
  });
  const unnamed = name.trim() === '';
  const patient = role === 'patient';
  return (
    <Page title={t(patient ? 'create.patient' : 'create.clinician')} lead={t('create.moment')}>
      <Panel className="narrow">
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (way.check() && !unnamed) void create.run();
          }}
        >
          <Field
            label={t('create.name')}
            hint={t(patient ? 'create.nameHint' : 'create.nameHintClinician')}
            value={name}
            onChange={setName}
            autoFocus
            error={tried && unnamed ? t('create.noName') : undefined}
          />
          {way.fields}
          {create.state.is === 'busy' ? (
            <Busy step={create.state.step} />
          ) : (
            <div className="row">
              <Act kind="main" type="submit">
                {t('create.do')}
              </Act>
              <a className="link" href="#/">
                {t('do.back')}
              </a>
            </div>
          )}
          {create.state.is === 'failed' && <Trouble failed={create.state.failed} />}
        </form>
      </Panel>
    </Page>
  );
}

export function Unlock({ onOpen, ways }: Done & { ways: Ways }) {
  const { t } = useWords();
  const [passphrase, setPassphrase] = useState('');
  const [used, setUsed] = useState<Key>();
  const unlock = useCall(async (onProgress, way: () => Promise<Key>, account?: string) => {
    const key = await way();
    setUsed(key);
    const answer = await ask('unlock', { key, ...(account && { account }) }, onProgress);
    if (answer.who) onOpen(answer.who);
    return answer;
  });
  const { state } = unlock;
  const withPasskey = ways.passkeys.length > 0 && Passkey.obstacle() === null;
  return (
    <Page title={t('unlock.title')}>
      <Panel className="narrow">
        {withPasskey && state.is !== 'busy' && (
          <div className="row">
            <Act kind="main" autoFocus onPress={() => void unlock.run(() => Passkey.use(ways.passkeys))}>
              {t('unlock.passkey')}
            </Act>
          </div>
        )}
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void unlock.run(async () => ({ kind: 'passphrase', passphrase }));
          }}
        >
          {ways.passphrase && (
            <Secret
              label={t('create.passphrase')}
              value={passphrase}
              onChange={setPassphrase}
              autoFocus={!withPasskey}
            />
          )}
          {state.is === 'busy' ? (
            <Busy step={state.step} />
          ) : (
            <div className="row">
              {ways.passphrase && (
                <Act kind={withPasskey ? 'quiet' : 'main'} type="submit">
                  {t('unlock.do')}
                </Act>
              )}
              <a className="link" href="#/welcome">
                {t('unlock.new')}
              </a>
            </div>
          )}
          {state.is === 'failed' && <Trouble failed={state.failed} />}
        </form>
        {state.is === 'done' && state.value.several.length > 1 && used && (
          <div className="stack">
            <h2>{t('unlock.several')}</h2>
            {state.value.several.map((one) => (
              <Act key={one.account} onPress={() => void unlock.run(async () => used, one.account)}>
                {one.name}
              </Act>
            ))}
          </div>
        )}
      </Panel>
    </Page>
  );
}

export function OpenWallet({ onOpen }: Done) {
  const { t, list } = useWords();
  const [files, setFiles] = useState<File[]>([]);
  const [text, setText] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [locked, setLocked] = useState(false);
  const [role, setRole] = useState<Role>('patient');
  useEffect(() => {
    let isNewest = true;
    const one = files.find((f) => !f.name.endsWith('.notes'));
    void (async () => {
      const needs = await ask('isLockedKit', { text: one ? await one.text() : text });
      if (isNewest) setLocked(needs);
    })();
    return () => {
      isNewest = false;
    };
  }, [files, text]);
  const way = useNewWay('open.newPassphrase');
  const [tried, setTried] = useState(false);
  const open = useCall(async (onProgress) => {
    const notes = files.find((f) => f.name.endsWith('.notes'));
    const wallet = files.find((f) => f !== notes);
    const given = wallet ? await wallet.text() : text;
    const beside = notes && (await notes.text());
    if (locked) await ask('tryKit', { text: given, passphrase });
    const who = await ask(
      'adopt',
      {
        ...{ text: given, role, way: await way.take() },
        ...(beside && { notes: beside }),
        ...(locked && { passphrase }),
      },
      onProgress,
    );
    onOpen(who);
    return who;
  });
  const empty = files.length === 0 && text.trim() === '';
  return (
    <Page title={t('open.title')}>
      <Panel className="narrow">
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (way.check() && !empty) void open.run();
          }}
        >
          <p className="fine">{t('open.fileHint')}</p>
          <DropFile label={t('open.file')} many onFiles={setFiles} />
          {files.length > 0 && <Notice>{t('open.chosen', { files: list(files.map((f) => f.name)) })}</Notice>}
          {files.length === 0 && (
            <ScannedField
              label={t('open.text')}
              hint={t('open.textHint')}
              rows={4}
              value={text}
              onChange={setText}
            />
          )}
          {locked && (
            <Secret
              label={t('kit.passphrase')}
              hint={t('open.kitHint')}
              value={passphrase}
              onChange={setPassphrase}
            />
          )}
          {files.length > 0 && !locked && (
            <Choices
              compact
              label={t('open.role')}
              value={role}
              onChange={(value) => setRole(value as Role)}
              of={[
                { value: 'patient', label: t('open.rolePatient') },
                { value: 'clinician', label: t('open.roleClinician') },
              ]}
            />
          )}
          {way.fields}
          {tried && empty && <Notice kind="warn">{t('open.nothing')}</Notice>}
          {open.state.is === 'busy' ? (
            <Busy step={open.state.step} />
          ) : (
            <div className="row">
              <Act kind="main" type="submit">
                {t('open.do')}
              </Act>
              <a className="link" href="#/">
                {t('do.back')}
              </a>
            </div>
          )}
          {open.state.is === 'failed' && <Trouble failed={open.state.failed} />}
        </form>
      </Panel>
    </Page>
  );
}
