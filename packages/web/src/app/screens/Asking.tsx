// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import { useEffect, useMemo, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { sentenceOf } from '../i18n/sentence.js';
import { useOnNews } from '../News.js';
import { Act, Panel } from '../parts/Basics.js';
import { type Contact, Contacts } from '../parts/Contacts.js';
import { Choices, Field } from '../parts/Fields.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { MyAsk } from '../worker/asking.js';
import { type About, draftOf, type Preset, termsOf } from './presets.js';
import { TermsFields } from './TermsFields.js';

/** Asking a patient, and what came of what was asked. */
export function Asking({ name }: { name: string }) {
  const { t } = useWords();
  const load = useLoaded(() => ask('myAsks'));
  useOnNews('asks', load.run);
  const [open, setOpen] = useState(false);
  const [sent, setSent] = useState(false);
  const lines = load.last ?? [];
  if (open)
    return (
      <NewAsk
        own={name}
        onDone={() => {
          setOpen(false);
          setSent(true);
          void load.run();
        }}
        onCancel={() => setOpen(false)}
      />
    );
  return (
    <Panel title={t('ask.title')} className="stack">
      {sent && <Notice kind="good">{t('ask.sent')}</Notice>}
      {load.state.is === 'failed' && <Trouble failed={load.state.failed} onAgain={() => void load.run()} />}
      <p>{t('ask.text')}</p>
      <div className="row">
        <Act
          onPress={() => {
            setSent(false);
            setOpen(true);
          }}
        >
          {t('ask.do')}
        </Act>
      </div>
      {lines.length > 0 && (
        <ul className="lines">
          {lines.map((line) => (
            <Line key={line.id} line={line} own={name} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Line({ line, own }: { line: MyAsk; own: string }) {
  const words = useWords();
  const { t, date } = words;
  const who = line.name ?? t('patients.unnamed', { code: line.code.slice(0, 11) });
  return (
    <li>
      <span>
        <strong>{who}</strong>
        <span className="block">{t(`ask.${line.state}`, { when: date(line.deadline) })}</span>
        {line.word !== null && (
          <span className="block">
            {t('ask.theirWord')}{' '}
            <q>
              <bdi>{line.word}</bdi>
            </q>
          </span>
        )}
        <span className="fine block">
          {line.asked ? sentenceOf(words, line.asked.terms, own) : t('ask.elsewhere')}
        </span>
      </span>
    </li>
  );
}

/** Where the patient's days begin is theirs to know: their own wallet puts it right. */
const aboutNow = (): About => {
  const offsetMinutes = -new Date().getTimezoneOffset();
  const today = Day.of(Date.now(), offsetMinutes);
  return { newest: today, today, offsetMinutes };
};

function NewAsk({ own, onDone, onCancel }: NewProps) {
  const words = useWords();
  const { t } = words;
  const about = useMemo(aboutNow, []);
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [preset, setPreset] = useState<Preset | null>('visit');
  const [draft, setDraft] = useState(() => draftOf('visit', about));
  const [why, setWhy] = useState('');
  const [role, setRole] = useState('');
  const [tried, setTried] = useState(false);
  const roles = useLoaded(() => ask('roles')).last ?? [];
  const [known, setKnown] = useState<Contact[]>([]);
  useEffect(() => void ask('contacts').then(setKnown), []);
  const terms = useMemo(() => termsOf(draft, about, Date.now()), [draft, about]);
  const send = useCall(async () => {
    if (!terms) return;
    await ask('askPatient', { code, name: name.trim(), role: role || null, terms, why });
    onDone();
  });
  const missing = (text: string, key: 'ask.noCode' | 'ask.noWhy'): string | undefined =>
    tried && text.trim() === '' ? t(key) : undefined;
  const holds = roles.find((one) => one.account === role);
  const reader = holds ? (holds.name ?? t('share.holders', { code: role.slice(0, 8) })) : own;
  const ready = code.trim() !== '' && why.trim() !== '' && terms !== undefined;
  const named = new Set(roles.map((one) => one.account));
  const people = known.filter((one) => !named.has(one.account));
  return (
    <Panel title={t('ask.title')} className="stack">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (ready) void send.run();
        }}
      >
        <Contacts
          people={people}
          onChoose={(chosen, itsCode) => {
            setName(chosen);
            setCode(itsCode);
          }}
        />
        <ScannedField
          label={t('ask.code')}
          hint={t('ask.codeHint')}
          value={code}
          onChange={setCode}
          autoFocus
          error={missing(code, 'ask.noCode')}
        />
        <Field label={t('patients.name')} hint={t('patients.nameHint')} value={name} onChange={setName} />
        {roles.length > 0 && (
          <Choices
            compact
            label={t('ask.for')}
            value={role}
            onChange={setRole}
            of={[
              { value: '', label: t('ask.forMe') },
              ...roles.map((one) => ({
                value: one.account,
                label: one.name ?? t('role.unnamed', { code: one.code.slice(0, 11) }),
              })),
            ]}
          />
        )}
        <TermsFields
          words="ask"
          preset={preset}
          onPreset={(chosen) => {
            setPreset(chosen);
            setDraft(draftOf(chosen, about));
          }}
          draft={draft}
          onChange={(part) => setDraft({ ...draft, ...part })}
        />
        <Field
          label={t('ask.why')}
          hint={t('ask.whyHint')}
          rows={2}
          value={why}
          onChange={setWhy}
          error={missing(why, 'ask.noWhy')}
        />
        {terms ? (
          <blockquote className="sentence">
            <p>{sentenceOf(words, terms, reader)}</p>
            <p className="fine">{t('ask.nothingYet')}</p>
          </blockquote>
        ) : (
          <Notice kind="warn">{t('share.badDates')}</Notice>
        )}
        {send.state.is === 'busy' ? (
          <Busy step={null} />
        ) : (
          <div className="row">
            <Act kind="main" type="submit">
              {t('ask.send')}
            </Act>
            <Act onPress={onCancel}>{t('do.cancel')}</Act>
          </div>
        )}
        {send.state.is === 'failed' && <Trouble failed={send.state.failed} />}
      </form>
    </Panel>
  );
}
type NewProps = { own: string; onDone: () => void; onCancel: () => void };
