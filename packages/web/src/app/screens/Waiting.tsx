// Copyright the Islet authors. AGPL-3.0-or-later.
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Ask, Page, Panel } from '../parts/Basics.js';
import { DropFile } from '../parts/DropFile.js';
import { Field } from '../parts/Fields.js';
import { HandOn } from '../parts/HandOn.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Handed } from '../worker/Handed.js';
import type { Waiting as Told } from '../worker/returning.js';
import type { Who } from '../worker/Session.js';

/** How often a delay that is running out is looked at, ms. */
const lookEveryMs = 30_000;

type Props = { onOpen: (who: Who) => void; onGone: () => void };

/** A browser that is not let in yet: what to send, what to say by voice, and what is still missing. */
export function Waiting({ onOpen, onGone }: Props) {
  const { t } = useWords();
  const load = useLoaded(() => ask('waiting'));
  const { run } = load;
  const waits = load.last;
  const waitsForTime = waits !== undefined && waits.readyAt !== null;
  useEffect(() => {
    if (!waitsForTime) return;
    const timer = setInterval(() => void run(), lookEveryMs);
    return () => clearInterval(timer);
  }, [waitsForTime, run]);
  return (
    <Page title={t(titles[waits?.is ?? 'recovery'])}>
      {!waits && load.state.is === 'busy' && <Busy step={load.state.step} />}
      {load.state.is === 'failed' && <Trouble failed={load.state.failed} onAgain={() => void run()} />}
      {waits && !isOver(waits) && <Send waits={waits} />}
      {waits &&
        (waits.is === 'device' ? (
          <Receive onOpen={onOpen} />
        ) : waits.is === 'handover' ? (
          <TakeOver onOpen={onOpen} />
        ) : (
          <Answers waits={waits} onOpen={onOpen} onChanged={() => void run()} />
        ))}
      <div className="row">
        <Ask
          danger
          trigger={<Act kind="plain">{t('wait.giveUp')}</Act>}
          title={t('wait.giveUp')}
          confirm={t('do.remove')}
          onConfirm={() => void ask('forget').then(onGone)}
        >
          <p>{t('wait.giveUpText')}</p>
        </Ask>
      </div>
    </Page>
  );
}

const titles = { recovery: 'wait.title', device: 'wait.titleDevice', handover: 'wait.titleOwn' } as const;
const sends = {
  recovery: ['wait.send', 'wait.sendText', 'wait.sayWords'],
  device: ['wait.sendDevice', 'wait.sendDeviceText', 'wait.compare'],
  handover: ['wait.sendParents', 'wait.sendParentsText', 'wait.compareParents'],
} as const;

const isOver = ({ state }: Told): boolean => state === 'objected' || state === 'superseded';

function Send({ waits: { is, request, words } }: { waits: Told }) {
  const { t } = useWords();
  const [title, about, compare] = sends[is];
  return (
    <Panel title={t(title)} className="stack">
      <p>{t(about)}</p>
      <HandOn label={t('wait.request')} to={is === 'recovery' ? 'helping' : 'signers'} text={request} />
      <p>{t(compare)}</p>
      <p className="words">{words}</p>
    </Panel>
  );
}

/** A sealed text that is pasted, or a file of it. */
function TakeIn({ label, action, onTake }: TakeProps) {
  const { t } = useWords();
  const [text, setText] = useState('');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === '') return;
        onTake({ text });
        setText('');
      }}
    >
      <Field label={label} rows={3} value={text} onChange={setText} />
      <div className="row">
        <Act kind="main" type="submit">
          {action}
        </Act>
      </div>
      <DropFile
        label={t('import.choose')}
        quiet
        onFiles={([file]) =>
          file && void file.arrayBuffer().then((bytes) => onTake({ bytes: new Uint8Array(bytes) }))
        }
      />
    </form>
  );
}
type TakeProps = { label: string; action: string; onTake: (handed: Handed) => void };

function Receive({ onOpen }: { onOpen: (who: Who) => void }) {
  const { t } = useWords();
  const receive = useCall(async (_, handed: Handed) => onOpen(await ask('receiveKeys', handed)));
  return (
    <Panel title={t('wait.keys')} className="stack">
      <p>{t('wait.keysText')}</p>
      {receive.state.is === 'busy' && <Busy step={null} />}
      {receive.state.is === 'failed' && <Trouble failed={receive.state.failed} />}
      <TakeIn
        label={t('sign.keys')}
        action={t('wait.takeKeys')}
        onTake={(handed) => void receive.run(handed)}
      />
    </Panel>
  );
}

/** What taking over means is said before it is done: nobody undoes it. */
function TakeOver({ onOpen }: { onOpen: (who: Who) => void }) {
  const { t } = useWords();
  const take = useCall(async (onProgress, handed: Handed) =>
    onOpen(await ask('takeOver', handed, onProgress)),
  );
  return (
    <Panel title={t('own.take')} className="stack">
      <p>{t('own.means')}</p>
      <ul>
        <li>{t('own.meansOthers')}</li>
        <li>{t('own.meansGrants')}</li>
        <li>{t('own.meansApps')}</li>
        <li>{t('own.meansSeen')}</li>
      </ul>
      {take.state.is === 'busy' ? (
        <Busy step={take.state.step} />
      ) : (
        <TakeIn label={t('sign.keys')} action={t('own.do')} onTake={(handed) => void take.run(handed)} />
      )}
      {take.state.is === 'failed' && <Trouble failed={take.state.failed} />}
    </Panel>
  );
}

type AnswersProps = { waits: Told; onOpen: (who: Who) => void; onChanged: () => void };

function Answers({ waits, onOpen, onChanged }: AnswersProps) {
  const { t } = useWords();
  const take = useCall(async (_, handed: Handed) => {
    await ask('takeAnswer', handed);
    onChanged();
  });
  const finish = useCall(async (onProgress) => onOpen(await ask('finishRecovery', undefined, onProgress)));
  const over = isOver(waits);
  const isReady = waits.readyAt !== null && waits.readyAt <= waits.now && waits.answers >= waits.need;
  return (
    <Panel {...(!over && { title: t('wait.answers') })} className="stack">
      {over ? (
        <Notice kind="warn">
          <strong>{t('wait.stopped')}</strong>
          <p>{t('wait.stoppedText')}</p>
        </Notice>
      ) : (
        <Progress waits={waits} />
      )}
      {finish.state.is === 'busy' ? (
        <Busy step={finish.state.step} />
      ) : (
        isReady &&
        !over && (
          <div className="row">
            <Act kind="main" onPress={() => void finish.run()}>
              {t('wait.finish')}
            </Act>
          </div>
        )
      )}
      {finish.state.is === 'failed' && <Trouble failed={finish.state.failed} />}
      {!over && waits.answers < waits.need && (
        <>
          {take.state.is === 'busy' && <Busy step={null} />}
          {take.state.is === 'failed' && <Trouble failed={take.state.failed} />}
          <TakeIn
            label={t('wait.answer')}
            action={t('wait.take')}
            onTake={(handed) => void take.run(handed)}
          />
        </>
      )}
    </Panel>
  );
}

function Progress({ waits }: { waits: Told }) {
  const { t, moment } = useWords();
  const { answers, need, readyAt, now } = waits;
  if (answers < need) return <p>{t('wait.count', { n: answers, of: need })}</p>;
  if (readyAt === null) return <p>{t('wait.notAgreed')}</p>;
  if (readyAt <= now)
    return (
      <Notice kind="good">
        <p>{t('wait.ready')}</p>
      </Notice>
    );
  const hours = Math.ceil((readyAt - now) / 3_600_000);
  return (
    <Notice>
      <strong>
        {hours > 48 ? t('wait.leftDays', { n: Math.round(hours / 24) }) : t('wait.leftHours', { n: hours })}
      </strong>
      <p>{t('wait.until', { when: moment(readyAt) })}</p>
    </Notice>
  );
}
