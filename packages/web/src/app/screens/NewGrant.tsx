// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Panel } from '../parts/Basics.js';
import { Choices, Field } from '../parts/Fields.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import { Preview } from './Preview.js';
import { type Draft, draftOf, type Preset } from './presets.js';

/** Lets one more see something: a sentence made from a preset, and what it would show. */
export function NewGrant({ code: given, onDone, onCancel }: NewProps) {
  const { t, day, date, streams } = useWords();
  const [code, setCode] = useState(given);
  const [name, setName] = useState('');
  const [preset, setPreset] = useState<Preset>('visit');
  const [span, setSpan] = useState<{ newest: number; today: number }>();
  const [draft, setDraft] = useState<Draft>();
  const [tried, setTried] = useState(false);
  const [known, setKnown] = useState<{ account: string; name: string }[]>([]);
  useEffect(() => {
    void ask('contacts').then(setKnown);
    void ask('span').then((told) => {
      setSpan(told);
      setDraft(draftOf('visit', told.newest, told.today));
    });
  }, []);
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
  const firstDay = draft && Day.parse(draft.from);
  const lastDay = draft && Day.parse(draft.to);
  const expiresAt = draft ? Date.parse(`${draft.until}T23:59:59`) : Number.NaN;
  const sound =
    firstDay !== undefined && lastDay !== undefined && firstDay <= lastDay && expiresAt > Date.now();
  const grant = useCall(async () => {
    if (!reader || !draft || firstDay === undefined || lastDay === undefined) return;
    await ask('call', { account: reader, name: name.trim() });
    const { streams: granted, purpose } = draft;
    const terms = { reader, streams: granted, purpose, firstDay, lastDay, expiresAt };
    await ask('grant', { ...terms, maxUses: Number(draft.uses) });
    onDone(name.trim());
  });
  if (!draft || !span) return <Busy step={null} />;
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const shown = name.trim() || t('share.who');
  const ready = reader !== undefined && name.trim() !== '' && sound;
  const usesOf: Record<string, string> = {
    '0': t('share.usesAny'),
    '1': t('share.usesOnce'),
    '5': t('share.usesFew'),
  };
  return (
    <Panel title={t('share.new')} className="stack">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (ready) void grant.run();
        }}
      >
        {known.length > 0 && (
          <div className="row">
            <span className="fine">{t('share.known')}</span>
            {known.map((one) => (
              <Act
                key={one.account}
                onPress={() => {
                  setName(one.name);
                  void ask('codeOf', { account: one.account }).then(setCode);
                }}
              >
                {one.name}
              </Act>
            ))}
          </div>
        )}
        <Field
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
        <Field
          label={t('share.whoName')}
          value={name}
          onChange={setName}
          error={tried && name.trim() === '' ? t('create.noName') : undefined}
        />
        <Choices
          label={t('share.preset')}
          value={preset}
          onChange={(value) => {
            setPreset(value as Preset);
            setDraft(draftOf(value as Preset, span.newest, span.today));
          }}
          of={(['visit', 'averages', 'follow', 'review'] as const).map((value) => ({
            value,
            label: t(`preset.${value}`),
            more: t(`preset.${value}More`),
          }))}
        />
        <div className="fields">
          <Field
            label={t('share.from')}
            type="date"
            value={draft.from}
            onChange={(from) => change({ from })}
          />
          <Field label={t('share.to')} type="date" value={draft.to} onChange={(to) => change({ to })} />
          <Field
            label={t('share.until')}
            type="date"
            value={draft.until}
            onChange={(until) => change({ until })}
          />
        </div>
        <Choices
          compact
          label={t('share.uses')}
          value={draft.uses}
          onChange={(uses) => change({ uses })}
          of={Object.entries(usesOf).map(([value, label]) => ({ value, label }))}
        />
        {sound ? (
          <blockquote className="sentence">
            <p>
              {t('share.sentence', {
                who: shown,
                what: streams(draft.streams),
                from: day(firstDay),
                to: day(lastDay),
                uses: usesOf[draft.uses] ?? '',
                until: date(expiresAt),
              })}
            </p>
            <p className="fine">{t('share.notMore')}</p>
          </blockquote>
        ) : (
          <Notice kind="warn">{t('share.badDates')}</Notice>
        )}
        {sound && <Preview streams={draft.streams} firstDay={firstDay} lastDay={lastDay} who={shown} />}
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
type NewProps = { code: string; onDone: (who: string) => void; onCancel: () => void };
