// Copyright the Islet authors. AGPL-3.0-or-later.
import { MAX_PEOPLE } from '@islet/core/Circle';
import * as Day from '@islet/core/Day';
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { useOnNews } from '../News.js';
import { Act, Ask, Panel } from '../parts/Basics.js';
import { Field } from '../parts/Fields.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Trouble } from '../parts/Told.js';
import { type Call, useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { CircleLine, Someone } from '../worker/circling.js';

/** The circles of carers that somebody opened, keeps or is in. Who has none sees nothing, unless they may open one. */
export function Circles({ mayOpen = false }: { mayOpen?: boolean }) {
  const { t } = useWords();
  const load = useLoaded(() => ask('circles'));
  useOnNews('circles', load.run);
  const [opening, setOpening] = useState(false);
  const reload = (): void => void load.run();
  const all = load.last ?? [];
  if (!mayOpen && all.length === 0) return null;
  return (
    <Panel title={t('circle.title')} className="stack">
      {mayOpen && <p>{t('circle.text')}</p>}
      {load.state.is === 'busy' && !load.last && <Busy step={null} />}
      {load.state.is === 'failed' && <Trouble failed={load.state.failed} onAgain={reload} />}
      {all.map((one) => (
        <Circle key={one.id} circle={one} onChanged={reload} />
      ))}
      {mayOpen &&
        (opening ? (
          <Open
            onDone={() => {
              setOpening(false);
              reload();
            }}
            onCancel={() => setOpening(false)}
          />
        ) : (
          <div className="row">
            <Act onPress={() => setOpening(true)}>{t('circle.open')}</Act>
          </div>
        ))}
    </Panel>
  );
}

const useSomeone = (): ((one: Someone) => string) => {
  const { t } = useWords();
  return ({ account, name }) => name ?? t('log.stranger', { code: account.slice(0, 8) });
};

/** Who let somebody in, beside what that somebody saw or may see. */
export const useInCircle = (): ((keeper: string, name: string | null) => string) => {
  const { t } = useWords();
  const nameOf = useSomeone();
  return (account, name) => t('circle.letIn', { keeper: nameOf({ account, name }) });
};

/** What a circle is to whoever reads it, in one sentence. */
function useSentence(): (circle: CircleLine) => string {
  const { t, date } = useWords();
  const nameOf = useSomeone();
  return ({ isOpen, isPatient, isKeeper, keeper, patient, maxPeople: n, until }) => {
    const until1 = date(until - 1);
    if (!isOpen) return t('circle.over');
    if (isPatient) return t('circle.asPatient', { keeper: nameOf(keeper), n, until: until1 });
    const key = isKeeper ? 'circle.asKeeper' : 'circle.asPerson';
    return t(key, { patient: nameOf(patient), keeper: nameOf(keeper), n, until: until1 });
  };
}

function Circle({ circle, onChanged }: { circle: CircleLine; onChanged: () => void }) {
  const { t, list } = useWords();
  const nameOf = useSomeone();
  const sentence = useSentence();
  const { id, code, isOpen, isPatient, isKeeper, keeper, patient, people, barred, maxPeople } = circle;
  const change = useCall(async (_, work: () => Promise<void>) => {
    await work();
    onChanged();
  });
  const title = isPatient
    ? t('circle.keptBy', { keeper: nameOf(keeper) })
    : t('circle.of', { patient: nameOf(patient) });
  const manages = isOpen && (isPatient || isKeeper);
  return (
    <section className="stack circle" aria-label={title}>
      <div>
        <strong>{title}</strong>
        <span className="fine block">{sentence(circle)}</span>
      </div>
      {isOpen && people.length === 0 && <p className="fine">{t('circle.nobody')}</p>}
      {people.length > 0 && (
        <ul className="lines">
          {people.map((one) => (
            <li key={one.account}>
              <span>{nameOf(one)}</span>
              {manages && (
                <Ask
                  danger
                  trigger={<Act aria-label={`${t('circle.out')}: ${nameOf(one)}`}>{t('circle.out')}</Act>}
                  title={t('circle.outTitle', { who: nameOf(one) })}
                  confirm={t('circle.out')}
                  onConfirm={() =>
                    void change.run(() => ask('dismiss', { circle: id, account: one.account }))
                  }
                >
                  <p>{t(isPatient ? 'circle.outForGood' : 'circle.outText')}</p>
                </Ask>
              )}
            </li>
          ))}
        </ul>
      )}
      {barred.length > 0 && (
        <p className="fine">{t('circle.barred', { who: list(barred.map((one) => nameOf(one))) })}</p>
      )}
      {change.state.is === 'busy' && <Busy step={null} />}
      {change.state.is === 'failed' && <Trouble failed={change.state.failed} />}
      {isOpen && isKeeper && people.length < maxPeople && <Admit circle={id} change={change} />}
      {isOpen && isPatient && (
        <div className="row">
          <a className="act act-quiet" href={`#/share?code=${code}`}>
            {t('circle.share')}
          </a>
          <Ask
            danger
            trigger={<Act kind="plain">{t('circle.end')}</Act>}
            title={t('circle.endTitle')}
            confirm={t('circle.end')}
            onConfirm={() => void change.run(() => ask('endCircle', { circle: id }))}
          >
            <p>{t('circle.endText')}</p>
          </Ask>
        </div>
      )}
    </section>
  );
}

function Admit({ circle, change }: { circle: string; change: Call<void, [() => Promise<void>]> }) {
  const { t } = useWords();
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const about = { circle, code: code.trim(), name: name.trim() };
        if (about.code === '' || about.name === '') return;
        void change.run(async () => {
          await ask('admit', about);
          setCode('');
          setName('');
          setTried(false);
        });
      }}
    >
      <Who label={t('share.who')} {...{ code, name, tried }} onCode={setCode} onName={setName} />
      <div className="row">
        <Act kind="main" type="submit">
          {t('circle.admit')}
        </Act>
      </div>
    </form>
  );
}

function Open({ onDone, onCancel }: { onDone: () => void; onCancel: () => void }) {
  const { t } = useWords();
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [people, setPeople] = useState('2');
  const [until, setUntil] = useState('');
  const [tried, setTried] = useState(false);
  const n = Number(people);
  const fits = Number.isInteger(n) && n >= 1 && n <= MAX_PEOPLE;
  const lastDay = Day.parse(until);
  const missing = code.trim() === '' || name.trim() === '' || !fits || lastDay === undefined;
  const open = useCall(async () => {
    if (lastDay === undefined) return;
    await ask('openCircle', { code: code.trim(), name: name.trim(), people: n, lastDay });
    onDone();
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!missing) void open.run();
      }}
    >
      <p>{t('circle.openText')}</p>
      <Who label={t('circle.keeperCode')} {...{ code, name, tried }} onCode={setCode} onName={setName} />
      <div className="fields">
        <Field
          label={t('circle.people')}
          type="number"
          value={people}
          onChange={setPeople}
          error={tried && !fits ? t('circle.badPeople', { n: MAX_PEOPLE }) : undefined}
        />
        <Field
          label={t('circle.until')}
          type="date"
          value={until}
          onChange={setUntil}
          error={tried && lastDay === undefined ? t('circle.badUntil') : undefined}
        />
      </div>
      {open.state.is === 'busy' ? (
        <Busy step={null} />
      ) : (
        <div className="row">
          <Act kind="main" type="submit">
            {t('circle.openDo')}
          </Act>
          <Act onPress={onCancel}>{t('do.cancel')}</Act>
        </div>
      )}
      {open.state.is === 'failed' && <Trouble failed={open.state.failed} />}
    </form>
  );
}

type WhoProps = {
  label: string;
  code: string;
  name: string;
  tried: boolean;
  onCode: (code: string) => void;
  onName: (name: string) => void;
};

/** Somebody by their code, and what one calls them. */
function Who({ label, code, name, tried, onCode, onName }: WhoProps) {
  const { t } = useWords();
  return (
    <>
      <ScannedField
        label={label}
        value={code}
        onChange={onCode}
        error={tried && code.trim() === '' ? t('guard.noCode') : undefined}
      />
      <Field
        label={t('share.whoName')}
        value={name}
        onChange={onName}
        error={tried && name.trim() === '' ? t('create.noName') : undefined}
      />
    </>
  );
}
