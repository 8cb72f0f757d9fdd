// Copyright the Islet authors. AGPL-3.0-or-later.
import { type ReactNode, useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { sentenceOf } from '../i18n/sentence.js';
import { useOnNews } from '../News.js';
import { Act, Ask, Panel } from '../parts/Basics.js';
import { Field } from '../parts/Fields.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { AskLine } from '../worker/asking.js';
import { Preview } from './Preview.js';

/** Who asks to see something: what exactly, why, and what to say to it. Nothing where nobody asks. */
export function Asks({ open, onGrant, form }: Props) {
  const { t } = useWords();
  const load = useCall(() => ask('asks'));
  const { run } = load;
  const again = (): void => void run();
  // Anew whenever an answer was begun or given.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is open is why, not what is asked
  useEffect(() => void run(), [run, open]);
  useOnNews('asks', again);
  useOnNews('grants', again);
  const decline = useCall(async (_, id: string, word: string) => {
    await ask('declineAsk', { id, word });
    await load.run();
  });
  const block = useCall(async (_, account: string, blocked: boolean) => {
    await ask('blockAsker', { account, blocked });
    await load.run();
  });
  const { lines = [], unsound = 0, blocked = [] } = load.last ?? {};
  const { state } = load;
  if (state.is === 'failed') return <Trouble failed={state.failed} onAgain={again} />;
  return (
    <>
      {decline.state.is === 'done' && <Notice kind="good">{t('asks.declined')}</Notice>}
      {[decline, block].map(
        (call, i) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: always the same two
          call.state.is === 'failed' && <Trouble key={i} failed={call.state.failed} />,
      )}
      {lines.length > 0 && (
        <Panel title={t('asks.title')} className="stack">
          <p className="fine">{t('asks.text')}</p>
          <ul className="asks">
            {lines.map((line) => (
              <li key={line.id} className="stack">
                <One line={line} />
                {decline.state.is === 'busy' && <Busy step={null} />}
                {open === line.id ? (
                  form
                ) : (
                  <Answers
                    line={line}
                    onGrant={() => onGrant(line)}
                    onDecline={(word) => void decline.run(line.id, word)}
                    onBlock={() => void block.run(line.asker, true)}
                  />
                )}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {unsound > 0 && <Notice kind="warn">{t('asks.unsound', { n: unsound })}</Notice>}
      {blocked.length > 0 && (
        <details className="fine">
          <summary>{t('asks.blocked', { n: blocked.length })}</summary>
          <ul className="lines">
            {blocked.map(({ account, name }) => {
              const who = name ?? t('log.stranger', { code: account.slice(0, 8) });
              return (
                <li key={account}>
                  <span>{who}</span>
                  <Act
                    aria-label={`${t('asks.unblock')}: ${who}`}
                    onPress={() => void block.run(account, false)}
                  >
                    {t('asks.unblock')}
                  </Act>
                </li>
              );
            })}
          </ul>
        </details>
      )}
    </>
  );
}
/** `form` stands where the ask of the id `open` is being granted. */
type Props = { open: string | undefined; onGrant: (line: AskLine) => void; form: ReactNode };

const useAsker = (): ((line: AskLine) => string) => {
  const { t } = useWords();
  return ({ asker, askerName }) => askerName ?? t('asks.unknown', { code: asker.slice(0, 8) });
};

/** Whom the sentence names: the asker, or whoever holds a role of theirs. */
const useReader = (): ((line: AskLine) => string) => {
  const { t } = useWords();
  const asker = useAsker();
  return (line) =>
    line.isRole ? (line.readerName ?? t('share.holders', { code: line.reader.slice(0, 8) })) : asker(line);
};

function One({ line }: { line: AskLine }) {
  const words = useWords();
  const { t, date } = words;
  const [who, reader] = [useAsker()(line), useReader()(line)];
  const vouched = t(line.organisation === null ? 'asks.notVouched' : 'asks.vouched');
  return (
    <>
      <h3>{t('asks.who', { who })}</h3>
      <p className={line.askerName === null ? '' : 'fine'}>
        {line.askerName === null ? `${t('asks.unknownText')} ${vouched}` : vouched}
      </p>
      <blockquote className="sentence">
        <p>{sentenceOf(words, line.terms, reader)}</p>
        <p className="fine">{t('asks.onlyThat')}</p>
      </blockquote>
      <div>
        <span className="fine block">{t('asks.why')}</span>
        <q>
          <bdi>{line.why}</bdi>
        </q>
      </div>
      <Preview {...line.terms} who={reader} />
      <p className="fine">{t('asks.until', { when: date(line.deadline) })}</p>
    </>
  );
}

function Answers({ line, onGrant, onDecline, onBlock }: AnswersProps) {
  const { t } = useWords();
  const who = useAsker()(line);
  const [word, setWord] = useState('');
  return (
    <div className="row">
      <Act kind="main" aria-label={`${t('asks.grant')}: ${who}`} onPress={onGrant}>
        {t('asks.grant')}
      </Act>
      <Ask
        trigger={<Act aria-label={`${t('asks.decline')}: ${who}`}>{t('asks.decline')}</Act>}
        title={t('asks.declineTitle', { who })}
        confirm={t('asks.decline')}
        onConfirm={() => onDecline(word)}
      >
        <p>{t('asks.declineText')}</p>
        <Field label={t('asks.word')} value={word} onChange={setWord} />
      </Ask>
      <Ask
        danger
        trigger={
          <Act kind="plain" aria-label={`${t('asks.block')}: ${who}`}>
            {t('asks.block')}
          </Act>
        }
        title={t('asks.blockTitle', { who })}
        confirm={t('asks.block')}
        onConfirm={onBlock}
      >
        <p>{t('asks.blockText')}</p>
      </Ask>
    </div>
  );
}
type AnswersProps = {
  line: AskLine;
  onGrant: () => void;
  onDecline: (word: string) => void;
  onBlock: () => void;
};
