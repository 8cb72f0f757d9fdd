// Copyright the Islet authors. AGPL-3.0-or-later.
import { useEffect, useMemo, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { sentenceOf } from '../i18n/sentence.js';
import { Act, Panel } from '../parts/Basics.js';
import { type Contact, Contacts } from '../parts/Contacts.js';
import { Field } from '../parts/Fields.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { AskLine } from '../worker/asking.js';
import { Derives } from './Derives.js';
import { Preview } from './Preview.js';
import { type About, type Draft, draftOf, drawn, type Preset, termsOf } from './presets.js';
import { TermsFields } from './TermsFields.js';

/** Lets one more see something: a sentence made from a preset, or from what was asked, and what it would show. */
export function NewGrant({ code: given, asked, onDone, onCancel }: NewProps) {
  const words = useWords();
  const { t } = words;
  const [code, setCode] = useState(given);
  const [name, setName] = useState('');
  const [preset, setPreset] = useState<Preset | null>(asked ? null : 'visit');
  const [span, setSpan] = useState<About>();
  const [draft, setDraft] = useState<Draft>();
  // What was asked is granted to the letter, unless something of it is changed.
  const start = useMemo(() => asked && drawn(asked.terms), [asked]);
  const [tried, setTried] = useState(false);
  const [known, setKnown] = useState<Contact[]>([]);
  useEffect(() => {
    void ask('contacts').then(setKnown);
    void ask('span').then((told) => {
      setSpan(told);
      setDraft(start ?? draftOf('visit', told));
    });
  }, [start]);
  const who = useCall(async (_, text: string) => {
    const found = await ask('recognise', { code: text });
    if (found.name) setName(found.name);
    return found;
  });
  const recognise = who.run;
  useEffect(() => {
    if (code.trim() !== '') void recognise(code.trim());
  }, [code, recognise]);
  const reader = who.state.is === 'done' ? who.state.value.account : undefined;
  const isRole = who.state.is === 'done' && who.state.value.isRole;
  const circle = who.state.is === 'done' ? who.state.value.circle : null;
  // A circle is called by who keeps it.
  const called = circle
    ? t('share.circle', {
        keeper: circle.keeperName ?? t('log.stranger', { code: circle.keeper.slice(0, 8) }),
        people: circle.maxPeople,
      })
    : name.trim();
  const terms = useMemo(
    () => (draft && draft === start ? asked?.terms : draft && span && termsOf(draft, span, Date.now())),
    [draft, start, asked, span],
  );
  const grant = useCall(async (_, meant: boolean) => {
    if (!reader || !terms) return undefined;
    if (!circle) await ask('call', { account: reader, name: called });
    const made = await ask('grant', { reader, terms, meant });
    if (made.id === null) return made;
    if (asked) await ask('grantedAsk', { ask: asked, grant: made.id });
    onDone(called);
    return made;
  });
  const forget = grant.reset;
  // What was asked about is no longer what would be granted.
  // biome-ignore lint/correctness/useExhaustiveDependencies: other terms, or someone else, are another question
  useEffect(forget, [terms, reader]);
  if (!draft || !span) return <Busy step={null} />;
  const shown = called || t('share.who');
  const ready = reader !== undefined && called !== '' && terms !== undefined;
  const derives = grant.state.is === 'done' && grant.state.value?.id === null && grant.state.value.derives;
  return (
    <Panel title={t(asked ? 'asks.grantTitle' : 'share.new')} className="stack">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (ready) void grant.run(false);
        }}
      >
        {!asked && (
          <Contacts
            people={known}
            onChoose={(chosen, itsCode) => {
              setName(chosen);
              setCode(itsCode);
            }}
          />
        )}
        {!asked && (
          <ScannedField
            label={t('share.who')}
            hint={t('share.whoHint')}
            value={code}
            onChange={setCode}
            autoFocus
            error={
              (tried || code.length > 40) && reader === undefined && who.state.is !== 'busy'
                ? t('fail.WEB_BAD_CODE')
                : undefined
            }
          />
        )}
        {isRole && <p className="fine">{t('share.isRole')}</p>}
        {!circle && (
          <Field
            label={t('share.whoName')}
            value={name}
            onChange={setName}
            error={tried && name.trim() === '' ? t('create.noName') : undefined}
          />
        )}
        <TermsFields
          preset={preset}
          onPreset={(chosen) => {
            setPreset(chosen);
            setDraft(draftOf(chosen, span));
          }}
          draft={draft}
          onChange={(part) => setDraft({ ...draft, ...part })}
        />
        {terms ? (
          <>
            <blockquote className="sentence">
              <p>{sentenceOf(words, terms, shown)}</p>
              <p className="fine">{t('share.notMore')}</p>
            </blockquote>
            <Preview {...terms} who={shown} />
          </>
        ) : (
          <Notice kind="warn">{t('share.badDates')}</Notice>
        )}
        {derives && <Derives found={derives} who={shown} onMeant={() => void grant.run(true)} />}
        {grant.state.is === 'busy' ? (
          <Busy step={null} />
        ) : (
          <div className="row">
            <Act kind="main" type="submit">
              {t('share.do')}
            </Act>
            <Act onPress={onCancel}>{t('do.cancel')}</Act>
          </div>
        )}
        {grant.state.is === 'failed' && <Trouble failed={grant.state.failed} />}
      </form>
    </Panel>
  );
}
type NewProps = {
  code: string;
  asked?: AskLine | undefined;
  onDone: (who: string) => void;
  onCancel: () => void;
};
