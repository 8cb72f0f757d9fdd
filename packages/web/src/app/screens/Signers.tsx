// Copyright the Islet authors. AGPL-3.0-or-later.
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Ask, Copyable, Page, Panel } from '../parts/Basics.js';
import { Choices, Field } from '../parts/Fields.js';
import { HandSealed } from '../parts/HandOn.js';
import { QrCode } from '../parts/QrCode.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Who } from '../worker/Session.js';
import type { SignerLine } from '../worker/signing.js';
import { AddPasskey } from './AddPasskey.js';

/** An address in hex; longer is a verifier, then the key's own two halves. */
const addressHex = 40;
const said = (is: boolean | null) => (is === null ? 'unknown' : is ? 'yes' : 'no');
const shortOf = (id: string): string => (id.length > addressHex ? id.slice(addressHex) : id).slice(0, 8);

type Props = { who: Who; given: string; onChanged: (who: Who) => void };

/** The devices that sign for a person: each with a key of its own. */
export function Signers({ who, given, onChanged }: Props) {
  const { t, date } = useWords();
  const load = useLoaded(() => ask('signers'));
  const remove = useCall(async (_, id: string) => {
    const told = await ask('removeSigner', { id });
    await load.run();
    return told;
  });
  const all = load.last ?? [];
  const nameOf = (line: SignerLine): string =>
    line.own ? t('sign.this') : t(line.passkey ? 'sign.passkey' : 'sign.other', { id: shortOf(line.id) });
  return (
    <Page title={t('sign.title')} lead={t('sign.text')}>
      {who.taking && <GoOn onChanged={onChanged} />}
      <Panel title={t('sign.now')} className="stack">
        {load.state.is === 'busy' && !load.last && <Busy step={null} />}
        {load.state.is === 'failed' && <Trouble failed={load.state.failed} onAgain={() => void load.run()} />}
        {remove.state.is === 'busy' && <Busy step={null} />}
        {remove.state.is === 'failed' && <Trouble failed={remove.state.failed} />}
        {remove.state.is === 'done' && (
          <Notice kind="good">
            <p>{t('sign.removed', { n: remove.state.value.told, of: remove.state.value.of })}</p>
          </Notice>
        )}
        <ul className="lines">
          {all.map((line) => (
            <li key={line.id}>
              <span>
                <strong>{nameOf(line)}</strong>
                <span className="fine block">
                  {line.passkey ? (
                    t(`sign.brings.${said(line.passkey.bringsBack)}`)
                  ) : (
                    <>
                      {t(line.id.length > addressHex ? 'sign.p256' : 'sign.secp256k1')}{' '}
                      <code>{shortOf(line.id)}…</code>
                    </>
                  )}
                </span>
                {line.addedAt !== null && (
                  <span className="fine block">{t('sign.since', { day: date(line.addedAt) })}</span>
                )}
              </span>
              {!line.own && (
                <Ask
                  danger
                  trigger={<Act aria-label={`${t('do.remove')}: ${nameOf(line)}`}>{t('do.remove')}</Act>}
                  title={t(line.passkey ? 'sign.removePasskey' : 'sign.removeTitle', {
                    id: shortOf(line.id),
                  })}
                  confirm={t('do.remove')}
                  onConfirm={() => void remove.run(line.id)}
                >
                  <ul>
                    <li>{t('sign.meansOut')}</li>
                    {line.passkey && <li>{t('sign.meansBack')}</li>}
                    <li>{t('sign.meansGrants')}</li>
                    <li>{t('sign.meansKeys')}</li>
                    <li>{t('sign.meansNever')}</li>
                  </ul>
                </Ask>
              )}
            </li>
          ))}
        </ul>
      </Panel>
      <AddPasskey onDone={() => void load.run()} />
      <LetIn key={remove.state.is} who={who} given={given} onDone={() => void load.run()} />
    </Page>
  );
}

/** Somebody was away while the account was taken over. */
function GoOn({ onChanged }: Pick<Props, 'onChanged'>) {
  const { t } = useWords();
  const go = useCall(async () => onChanged(await ask('goOnTakingOver')));
  return (
    <Notice kind="warn">
      <p>{t('own.notDone')}</p>
      {go.state.is === 'busy' ? (
        <Busy step={null} />
      ) : (
        <div className="row notice-row">
          <Act onPress={() => void go.run()}>{t('own.goOn')}</Act>
        </div>
      )}
      {go.state.is === 'failed' && <Trouble failed={go.state.failed} />}
    </Notice>
  );
}

function LetIn({ who, given, onDone }: { who: Who; given: string; onDone: () => void }) {
  const { t } = useWords();
  const [text, setText] = useState(given);
  const [words, setWords] = useState('');
  useEffect(() => setText(given), [given]);
  const [what, setWhat] = useState<'letIn' | 'handOver'>('letIn');
  const letIn = useCall(async () => {
    const made = await ask(what, { text: text.trim(), words });
    onDone();
    return made;
  });
  const { state } = letIn;
  return (
    <Panel title={t('sign.add')} className="stack">
      <ol className="steps">
        <li>{t('sign.step1')}</li>
        <li>{t('sign.step2')}</li>
        <li>{t('sign.step3')}</li>
      </ol>
      <div className="made-parts">
        <Copyable label={t('me.code')} text={who.code} />
        <QrCode text={who.code} label={t('me.code')} />
      </div>
      {state.is === 'done' ? (
        <>
          <Notice kind={state.value.told === state.value.of ? 'good' : 'warn'}>
            <p>
              {t(what === 'letIn' ? 'sign.letIn' : 'own.given', { n: state.value.told, of: state.value.of })}
            </p>
          </Notice>
          <HandSealed
            label={t('sign.keys')}
            file="islet-keys.islet"
            text={state.value.text}
            bytes={state.value.bytes}
          />
        </>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== '' && words.trim() !== '') void letIn.run();
          }}
        >
          {who.role === 'patient' && (
            <Choices
              label={t('own.whose')}
              value={what}
              onChange={(value) => setWhat(value as typeof what)}
              of={(['letIn', 'handOver'] as const).map((value) => ({
                value,
                label: t(`own.${value}`),
                more: t(`own.${value}More`),
              }))}
            />
          )}
          <ScannedField
            label={t('sign.request')}
            rows={3}
            value={text}
            onChange={(next) => setText(/[#&?]asked=([0-9A-Za-z-]+)/.exec(next)?.[1] ?? next)}
          />
          <Field label={t('sign.words')} hint={t('sign.wordsHint')} value={words} onChange={setWords} />
          {state.is === 'busy' ? (
            <Busy step={null} />
          ) : (
            <div className="row">
              <Act kind="main" type="submit">
                {t(what === 'letIn' ? 'sign.do' : 'own.give')}
              </Act>
            </div>
          )}
          {state.is === 'failed' && <Trouble failed={state.failed} />}
        </form>
      )}
    </Panel>
  );
}
