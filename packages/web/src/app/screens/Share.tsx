// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import type { Purpose } from '@islet/core/Purpose';
import type { Stream } from '@islet/core/Stream';
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Ask, Busy, Choices, Field, Notice, Page, Panel, Trouble } from '../parts/Basics.js';
import { type Call, useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { GrantLine } from '../worker/sharing.js';
import { OnePage } from './Figures.js';

/** Who may see what, and letting one more. `code` comes with an invitation link. */
export function Share({ code }: { code: string }) {
  const { t } = useWords();
  const grants = useLoaded(() => ask('grants'));
  const [open, setOpen] = useState(code !== '');
  const [done, setDone] = useState<string>();
  const { state } = grants;
  const lines = grants.last ?? [];
  const active = lines.filter((g) => g.state === 'active');
  const past = lines.filter((g) => g.state !== 'active');
  return (
    <Page title={t('share.title')}>
      {done && <Notice kind="good">{t('share.done', { who: done })}</Notice>}
      <Panel title={t('share.now')}>
        {state.is === 'busy' && <Busy step={null} />}
        {state.is === 'failed' && <Trouble failed={state.failed} onAgain={() => void grants.run()} />}
        {grants.last && active.length === 0 && <p>{t('share.nobody')}</p>}
        <Lines lines={active} onChanged={() => void grants.run()} />
      </Panel>
      {open ? (
        <NewGrant
          code={code}
          onDone={(who) => {
            setDone(who);
            setOpen(false);
            void grants.run();
          }}
          onCancel={() => setOpen(false)}
        />
      ) : (
        <div className="row">
          <Act
            kind="main"
            onPress={() => {
              setDone(undefined);
              setOpen(true);
            }}
          >
            {t('share.new')}
          </Act>
        </div>
      )}
      {past.length > 0 && (
        <Panel title={t('share.past')}>
          <Lines lines={past} onChanged={() => void grants.run()} />
        </Panel>
      )}
    </Page>
  );
}

const useNameOf = (): ((line: { reader: string; readerName: string | null }) => string) => {
  const { t } = useWords();
  return ({ reader, readerName }) => readerName ?? t('log.stranger', { code: reader.slice(0, 8) });
};

function Lines({ lines, onChanged }: { lines: GrantLine[]; onChanged: () => void }) {
  const { t } = useWords();
  const revoke = useCall(async (_, id: string) => {
    const { told } = await ask('revoke', { id });
    onChanged();
    return told;
  });
  return (
    <>
      {revoke.state.is === 'busy' && <Busy step={null} />}
      {revoke.state.is === 'failed' && <Trouble failed={revoke.state.failed} />}
      {revoke.state.is === 'done' && (
        <Notice kind="good">{t('share.stopped', { n: revoke.state.value })}</Notice>
      )}
      <ul className="lines">
        {lines.map((line) => (
          <Line key={line.id} line={line} revoke={revoke} />
        ))}
      </ul>
    </>
  );
}

function Line({ line, revoke }: { line: GrantLine; revoke: Call<number, [string]> }) {
  const { t, day, date, moment, streams } = useWords();
  const who = useNameOf()(line);
  const what = line.streams ? streams(line.streams) : t('share.elsewhere');
  const span =
    line.firstDay !== null && line.lastDay !== null
      ? t('share.line', { what, from: day(line.firstDay), to: day(line.lastDay) })
      : what;
  const state =
    line.state === 'active'
      ? t('share.active', { until: date(line.expiresAt) })
      : line.state === 'revoked'
        ? t('share.revoked', { when: date(line.revokedAt ?? 0) })
        : t('share.expired', { when: date(line.expiresAt) });
  const looks =
    line.lastLook === null
      ? t('share.neverLooked')
      : t('share.looked', { n: line.looks, when: moment(line.lastLook) });
  return (
    <li>
      <span>
        <strong>{who}</strong>
        <span className="block">{state}</span>
        <span className="fine block">{span}</span>
        <span className="fine block">{looks}</span>
      </span>
      {line.state === 'active' && <Stop who={who} onStop={() => void revoke.run(line.id)} />}
    </li>
  );
}

export function Stop({ who, onStop }: { who: string; onStop: () => void }) {
  const { t } = useWords();
  return (
    <Ask
      danger
      trigger={<Act aria-label={`${t('share.stop')}: ${who}`}>{t('share.stop')}</Act>}
      title={t('share.stopTitle', { who })}
      confirm={t('share.stop')}
      onConfirm={onStop}
    >
      <p>{t('share.stopText', { who })}</p>
    </Ask>
  );
}

type Preset = 'visit' | 'averages' | 'follow' | 'review';
type Draft = { streams: Stream[]; from: string; to: string; until: string; uses: string; purpose: Purpose };

const dayMs = 86_400_000;
const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What each preset means, counted from the last day that holds something. */
function draftOf(preset: Preset, newest: number, today: number): Draft {
  const until = (days: number): string => dateOf(Date.now() + days * dayMs);
  const back = (days: number, streams: Stream[], ahead: number): Draft => ({
    streams,
    // Today is not over: so many whole days beside it.
    from: Day.format(newest - days + (newest === today ? 0 : 1)),
    to: Day.format(newest),
    until: until(ahead),
    uses: '0',
    purpose: 'treatment',
  });
  switch (preset) {
    case 'visit':
      return back(14, ['glucose/raw'], 14);
    case 'averages':
      return back(30, ['glucose/day'], 30);
    case 'follow':
      return {
        ...back(1, ['glucose/raw'], 90),
        from: Day.format(today),
        to: Day.format(today + 90),
        purpose: 'care-giving',
      };
    case 'review':
      return back(90, ['glucose/raw', 'insulin/raw', 'carbs/raw'], 30);
  }
}

function NewGrant({ code: given, onDone, onCancel }: NewProps) {
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

type PreviewProps = { streams: Stream[]; firstDay: number; lastDay: number; who: string };

/** Exactly what the other side will see, before anything is shared. */
function Preview({ streams, firstDay, lastDay, who }: PreviewProps) {
  const { t, streams: named } = useWords();
  const load = useCall((onProgress) => ask('preview', { streams, firstDay, lastDay }, onProgress));
  const { state, reset } = load;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other terms need another look
  useEffect(reset, [streams, firstDay, lastDay]);
  const others = streams.filter((s) => !s.startsWith('glucose/'));
  return (
    <div className="stack">
      {state.is === 'idle' && (
        <div className="row">
          <Act onPress={() => void load.run()}>{t('share.preview')}</Act>
        </div>
      )}
      {state.is === 'busy' && <Busy step={state.step} />}
      {state.is === 'failed' && <Trouble failed={state.failed} />}
      {state.is === 'done' && (
        <section className="preview" aria-label={t('share.previewTitle', { who })}>
          <h3>{t('share.previewTitle', { who })}</h3>
          {state.value === null || state.value.statistics.n === 0 ? (
            <p>{t('share.previewNone')}</p>
          ) : (
            <OnePage figures={state.value} />
          )}
          {others.length > 0 && <p>{t('share.previewOther', { what: named(others) })}</p>}
        </section>
      )}
    </div>
  );
}
