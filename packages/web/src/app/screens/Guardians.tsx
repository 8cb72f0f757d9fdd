// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Ask, Page, Panel } from '../parts/Basics.js';
import { Field } from '../parts/Fields.js';
import { HandOn } from '../parts/HandOn.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { GuardianLine, Rules, Told } from '../worker/guarding.js';
import { NameGuardians, useGuardianSentence } from './NameGuardians.js';

/** For who only reads, no key keeper has to know. */
const doneOf = ({ told, of }: Told) =>
  of === 0 ? 'guard.doneReader' : told === of ? 'guard.done' : 'guard.doneSome';

/** The people who can together give this account to a new device. */
export function Guardians() {
  const { t } = useWords();
  const load = useLoaded(() => ask('guardians'));
  const [choosing, setChoosing] = useState(false);
  const [told, setTold] = useState<Told>();
  const none = useCall(async () => {
    setTold(await ask('nameGuardians', { guardians: [], threshold: 0, hours: 72 }));
    await load.run();
  });
  const rules = load.last;
  if (rules === undefined)
    return (
      <Page title={t('guard.title')} lead={t('guard.text')}>
        {load.state.is === 'failed' ? <Trouble failed={load.state.failed} /> : <Busy step={null} />}
      </Page>
    );
  return (
    <Page title={t('guard.title')} lead={t('guard.text')}>
      {told && (
        <Notice kind={told.told === told.of ? 'good' : 'warn'}>
          <p>{t(doneOf(told), { n: told.told, of: told.of })}</p>
        </Notice>
      )}
      {none.state.is === 'busy' && <Busy step={null} />}
      {none.state.is === 'failed' && <Trouble failed={none.state.failed} />}
      {rules === null || choosing ? (
        <NameGuardians
          rules={rules}
          onDone={async (made) => {
            setTold(made);
            setChoosing(false);
            await load.run();
          }}
          {...(rules && { onCancel: () => setChoosing(false) })}
        />
      ) : (
        <>
          <Named rules={rules} />
          <Drill key={rules.setAt} rules={rules} onChanged={() => void load.run()} />
          <div className="row">
            <Act onPress={() => setChoosing(true)}>{t('guard.others')}</Act>
            <Ask
              danger
              trigger={<Act kind="plain">{t('guard.none')}</Act>}
              title={t('guard.noneTitle')}
              confirm={t('guard.noneDo')}
              onConfirm={() => void none.run()}
            >
              <p>{t('guard.noneText')}</p>
            </Ask>
          </div>
        </>
      )}
    </Page>
  );
}

export const useGuardianName = (): ((g: { name: string | null; code: string }) => string) => {
  const { t } = useWords();
  return ({ name, code }) => name ?? t('guard.unnamed', { code: code.slice(0, 11) });
};

function Named({ rules }: { rules: Rules }) {
  const { t, date } = useWords();
  const nameOf = useGuardianName();
  const sentence = useGuardianSentence();
  return (
    <Panel title={t('guard.now')} className="stack">
      <blockquote className="sentence">
        <p>{sentence(rules.threshold, rules.guardians.map(nameOf), rules.hours)}</p>
        <p className="fine">{t('guard.since', { when: date(rules.setAt) })}</p>
      </blockquote>
      <ul className="lines">
        {rules.guardians.map((g) => (
          <li key={g.account}>
            <span>
              <strong>{nameOf(g)}</strong>
              <span className={g.answered ? 'block' : 'fine block'}>
                {t(g.answered ? 'guard.answered' : 'guard.silent')}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {rules.invitation && (
        <>
          <p>{t('guard.invite')}</p>
          <HandOn label={t('guard.invitation')} to="helping" text={rules.invitation} />
        </>
      )}
    </Panel>
  );
}

/** Whether they could help, if it were needed. Gives nothing away. */
function Drill({ rules, onChanged }: { rules: Rules; onChanged: () => void }) {
  const { t, list, date } = useWords();
  const nameOf = useGuardianName();
  const [answer, setAnswer] = useState('');
  const begin = useCall(async () => {
    await ask('askDrill');
    take.reset();
    onChanged();
  });
  const take = useCall(async (_, text: string) => {
    const outcome = await ask('takeDrillAnswer', { answer: text });
    setAnswer('');
    onChanged();
    return outcome;
  });
  const names = (lines: GuardianLine[]): string => list(lines.map(nameOf));
  return (
    <Panel title={t('drill.title')} className="stack">
      <p>{t('drill.text')}</p>
      <p className="fine">
        {rules.drilledAt ? t('drill.last', { when: date(rules.drilledAt) }) : t('drill.never')}
      </p>
      {rules.question && (
        <>
          <HandOn label={t('drill.question')} to="helping" text={rules.question} />
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              if (answer.trim() !== '') void take.run(answer.trim());
            }}
          >
            <Field
              label={t('drill.answer')}
              hint={t('drill.answerHint')}
              rows={2}
              value={answer}
              onChange={setAnswer}
            />
            <div className="row">
              <Act kind="main" type="submit">
                {t('drill.take')}
              </Act>
            </div>
          </form>
        </>
      )}
      {take.state.is === 'failed' && <Trouble failed={take.state.failed} />}
      {take.state.is === 'done' && (
        <Notice kind={take.state.value.enough ? 'good' : 'info'}>
          <strong>{t(take.state.value.enough ? 'drill.enough' : 'drill.notYet')}</strong>
          <p>{t('drill.answered', { names: names(take.state.value.answered) })}</p>
          {take.state.value.silent.length > 0 && (
            <p>{t('drill.silent', { names: names(take.state.value.silent) })}</p>
          )}
        </Notice>
      )}
      <div className="row">
        <Act kind={rules.question ? 'quiet' : 'main'} onPress={() => void begin.run()}>
          {t(rules.question ? 'drill.again' : 'drill.begin')}
        </Act>
      </div>
    </Panel>
  );
}
