// Copyright the Islet authors. AGPL-3.0-or-later.
import { lazy, Suspense, useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { sentenceOf } from '../i18n/sentence.js';
import { useOnNews } from '../News.js';
import { Act, Ask, Page, Panel } from '../parts/Basics.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { type Call, useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { AskLine } from '../worker/asking.js';
import type { GrantLine } from '../worker/sharing.js';
import { Circles } from './Circles.js';
import { NewGrant } from './NewGrant.js';

const Asks = lazy(async () => ({ default: (await import('./Asks.js')).Asks }));

/** Who may see what, and letting one more. `code` comes with an invitation link. */
export function Share({ code }: { code: string }) {
  const { t } = useWords();
  const grants = useLoaded(() => ask('grants'));
  useOnNews('grants', grants.run);
  useOnNews('looks', grants.run);
  const [open, setOpen] = useState(code !== '');
  // An invitation that is followed from here opens the form as well.
  useEffect(() => {
    if (code !== '') setOpen(true);
  }, [code]);
  const [done, setDone] = useState<string>();
  const [asked, setAsked] = useState<AskLine>();
  const close = (): void => {
    setOpen(false);
    setAsked(undefined);
  };
  const { state } = grants;
  const lines = grants.last ?? [];
  const active = lines.filter((g) => g.state === 'active');
  const past = lines.filter((g) => g.state !== 'active');
  return (
    <Page title={t('share.title')}>
      {done && <Notice kind="good">{t('share.done', { who: done })}</Notice>}
      <Suspense fallback={null}>
        <Asks
          open={asked?.id}
          onGrant={(one) => {
            setDone(undefined);
            setAsked(one);
            setOpen(true);
          }}
          form={
            open &&
            asked && (
              <NewGrant
                key={asked.id}
                code={asked.code}
                asked={asked}
                onDone={(who) => {
                  setDone(who);
                  close();
                  void grants.run();
                }}
                onCancel={close}
              />
            )
          }
        />
      </Suspense>
      <Panel title={t('share.now')}>
        {state.is === 'busy' && !grants.last && <Busy step={null} />}
        {state.is === 'failed' && <Trouble failed={state.failed} onAgain={() => void grants.run()} />}
        {grants.last && active.length === 0 && <p>{t('share.nobody')}</p>}
        <Lines lines={active} onChanged={() => void grants.run()} />
      </Panel>
      {open && !asked ? (
        <NewGrant
          key={code}
          code={code}
          onDone={(who) => {
            setDone(who);
            close();
            void grants.run();
          }}
          onCancel={close}
        />
      ) : (
        <div className="row">
          <Act
            kind="main"
            onPress={() => {
              setDone(undefined);
              setAsked(undefined);
              setOpen(true);
            }}
          >
            {t('share.new')}
          </Act>
        </div>
      )}
      <Circles mayOpen />
      {past.length > 0 && (
        <Panel title={t('share.past')}>
          <Lines lines={past} onChanged={() => void grants.run()} />
        </Panel>
      )}
    </Page>
  );
}

const useNameOf = (): ((line: GrantLine) => string) => {
  const { t } = useWords();
  return ({ reader, readerName, isRole, circle }) => {
    if (circle) {
      const keeper = circle.keeperName ?? t('log.stranger', { code: circle.keeper.slice(0, 8) });
      return t('share.circle', { keeper, people: circle.maxPeople });
    }
    return readerName ?? t(isRole ? 'share.holders' : 'log.stranger', { code: reader.slice(0, 8) });
  };
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
  const words = useWords();
  const { t, date, moment } = words;
  const who = useNameOf()(line);
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
        <span className="fine block">
          {line.terms ? sentenceOf(words, line.terms, who) : t('share.elsewhere')}
        </span>
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
