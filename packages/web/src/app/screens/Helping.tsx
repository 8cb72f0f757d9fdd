// Copyright the Islet authors. AGPL-3.0-or-later.
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Ask, Copyable, Page, Panel } from '../parts/Basics.js';
import { Field } from '../parts/Fields.js';
import { HandSealed } from '../parts/HandOn.js';
import { ScannedField } from '../parts/Scan.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Asked, ChargeLine } from '../worker/helping.js';
import { useGuardianName } from './Guardians.js';

/** Being someone's guardian: whatever they sent goes into one field. */
export function Helping({ given, own }: { given: string; own: string }) {
  const { t } = useWords();
  const load = useLoaded(() => ask('charges'));
  const [text, setText] = useState(given);
  const asked = useCall((_, sent: string) => ask('recogniseAsked', { text: sent }));
  const { run, reset } = asked;
  useEffect(() => {
    if (text.trim() === '') reset();
    else void run(text.trim());
  }, [text, run, reset]);
  const { state } = asked;
  return (
    <Page title={t('help.title')} lead={t('help.text')}>
      <Panel className="stack">
        <ScannedField
          label={t('help.sent')}
          hint={t('help.sentHint')}
          rows={3}
          value={text}
          onChange={(next) => setText(/[#&?]asked=([0-9A-Za-z-]+)/.exec(next)?.[1] ?? next)}
        />
        {state.is === 'failed' && <Trouble failed={state.failed} />}
        {state.is === 'done' && (
          <Answer
            key={text}
            text={text.trim()}
            asked={state.value}
            own={own}
            onDone={() => void load.run()}
          />
        )}
      </Panel>
      <Panel title={t('help.people')}>
        {load.state.is === 'busy' && !load.last && <Busy step={null} />}
        {load.state.is === 'failed' && <Trouble failed={load.state.failed} onAgain={() => void load.run()} />}
        {load.last?.length === 0 && <p>{t('help.nobody')}</p>}
        <ul className="lines">
          {load.last?.map((one) => (
            <Charge key={one.account} charge={one} onChanged={() => void load.run()} />
          ))}
        </ul>
      </Panel>
    </Page>
  );
}

type AnswerProps = { text: string; asked: Asked; own: string; onDone: () => void };

function Answer(props: AnswerProps) {
  const { t } = useWords();
  const { asked, own } = props;
  if (asked.account === own)
    return (
      <Notice>
        <p>{t('help.ownRequest')}</p>
        <a className="act act-quiet" href={`#/signers?asked=${props.text}`}>
          {t('sign.title')}
        </a>
      </Notice>
    );
  if (asked.is === 'invitation') return <Accept {...props} />;
  if (!asked.charged)
    return (
      <Notice kind="warn">
        <p>{t('fail.GUARDIANS_NOT_OURS')}</p>
      </Notice>
    );
  return asked.is === 'drill' ? <Drilled {...props} /> : <Approve {...props} />;
}

function Accept({ text, asked, onDone }: AnswerProps) {
  const { t } = useWords();
  const [name, setName] = useState(asked.name ?? '');
  const [tried, setTried] = useState(false);
  const accept = useCall(async () => {
    await ask('acceptCharge', { text, name: name.trim() });
    onDone();
  });
  if (accept.state.is === 'done')
    return (
      <Notice kind="good">
        <p>{t('help.accepted', { who: name.trim() })}</p>
      </Notice>
    );
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (name.trim() !== '') void accept.run();
      }}
    >
      <h2>{t('help.invitation')}</h2>
      <p>{t('help.means')}</p>
      <Field
        label={t('share.whoName')}
        value={name}
        onChange={setName}
        error={tried && name.trim() === '' ? t('create.noName') : undefined}
      />
      {accept.state.is === 'busy' ? (
        <Busy step={null} />
      ) : (
        <div className="row">
          <Act kind="main" type="submit">
            {t('help.accept')}
          </Act>
        </div>
      )}
      {accept.state.is === 'failed' && <Trouble failed={accept.state.failed} />}
    </form>
  );
}

function Drilled({ text, asked }: AnswerProps) {
  const { t } = useWords();
  const answer = useLoaded(() => ask('answerDrill', { text }));
  return (
    <>
      <h2>{t('help.drill', { who: asked.name ?? '' })}</h2>
      <p>{t('help.drillText')}</p>
      {answer.last && <Copyable label={t('help.drillAnswer')} text={answer.last} />}
      {answer.state.is === 'failed' && <Trouble failed={answer.state.failed} />}
    </>
  );
}

function Approve({ text, asked, onDone }: AnswerProps) {
  const { t } = useWords();
  const [words, setWords] = useState('');
  const approve = useCall(async () => {
    const made = await ask('approveRecovery', { text, words });
    onDone();
    return made;
  });
  const who = asked.name ?? '';
  if (approve.state.is === 'done')
    return (
      <>
        <Notice kind="good">
          <p>{t('help.approved', { who })}</p>
        </Notice>
        <HandSealed label={t('help.answer')} file="islet-answer.islet" {...approve.state.value} />
      </>
    );
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (words.trim() !== '') void approve.run();
      }}
    >
      <h2>{t('help.request', { who })}</h2>
      <Notice kind="warn">
        <p>{t('help.call', { who })}</p>
      </Notice>
      <Field label={t('help.words')} hint={t('help.wordsHint')} value={words} onChange={setWords} />
      {approve.state.is === 'busy' ? (
        <Busy step={null} />
      ) : (
        <div className="row">
          <Act kind="main" type="submit">
            {t('help.approve')}
          </Act>
        </div>
      )}
      {approve.state.is === 'failed' && <Trouble failed={approve.state.failed} />}
    </form>
  );
}

function Charge({ charge, onChanged }: { charge: ChargeLine; onChanged: () => void }) {
  const { t, moment } = useWords();
  const who = useGuardianName()(charge);
  const withdraw = useCall(async () => {
    await ask('withdrawApproval', { account: charge.account });
    onChanged();
  });
  const { recovery } = charge;
  return (
    <li>
      <span>
        <strong>{who}</strong>
        <span className="fine block">{t('help.theirCode', { code: charge.code })}</span>
        {recovery && (
          <span className="block">
            {recovery.readyAt === null
              ? t('help.underWay', { n: recovery.approvals })
              : t('help.underWayUntil', { n: recovery.approvals, when: moment(recovery.readyAt) })}
          </span>
        )}
        {withdraw.state.is === 'failed' && <Trouble failed={withdraw.state.failed} />}
      </span>
      {recovery?.mine &&
        (withdraw.state.is === 'busy' ? (
          <Busy step={null} />
        ) : (
          <Ask
            danger
            trigger={<Act aria-label={`${t('help.withdraw')}: ${who}`}>{t('help.withdraw')}</Act>}
            title={t('help.withdraw')}
            confirm={t('help.withdraw')}
            onConfirm={() => void withdraw.run()}
          >
            <p>{t('help.withdrawText')}</p>
          </Ask>
        ))}
    </li>
  );
}
