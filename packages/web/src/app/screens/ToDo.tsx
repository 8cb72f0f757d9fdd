// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import * as Passkey from '../Passkey.js';
import { Act } from '../parts/Basics.js';
import { Notice } from '../parts/Told.js';
import { useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';

/** What is left to do so that a lost device is not a lost account: gone once all of it is done. */
export function ToDo() {
  const { t } = useWords();
  const load = useLoaded(() => ask('safety'));
  const safety = load.last;
  if (!safety) return null;
  const { hasKit, guardians, comesBack } = safety;
  const offer = comesBack === null && Passkey.obstacle() === null && (
    <Offer onSkip={() => void ask('skipPasskey').then(load.run)} />
  );
  const steps = [
    { id: 'kit', done: hasKit, to: '#/me' },
    { id: 'guardians', done: guardians !== 'none', to: '#/guardians' },
    { id: guardians === 'due' ? 'due' : 'drill', done: guardians === 'tried', to: '#/guardians' },
  ] as const;
  if (steps.every((step) => step.done)) return offer;
  const next = steps.find((step) => !step.done);
  return (
    <>
      {offer}
      <section className="notice notice-warn todo" aria-labelledby="todo">
        <strong id="todo">{t('todo.title')}</strong>
        <ol className="todo-steps">
          {steps.map((step) => (
            <li key={step.id} className={step.done ? 'todo-done' : ''}>
              {step.done ? (
                <>
                  <span className="todo-name">{t(`todo.${step.id}`)}</span>{' '}
                  <span className="fine">{t('todo.done')}</span>
                </>
              ) : step === next ? (
                <>
                  <a href={step.to}>{t(`todo.${step.id}`)}</a>
                  <span className="fine block">{t(`todo.${step.id}More`)}</span>
                </>
              ) : (
                <span className="todo-name">{t(`todo.${step.id}`)}</span>
              )}
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/** Said once, to who has no such passkey yet. */
function Offer({ onSkip }: { onSkip: () => void }) {
  const { t } = useWords();
  return (
    <Notice>
      <strong>{t('back.offer')}</strong>
      <p>{t('back.offerText')}</p>
      <div className="row notice-row">
        <a className="act act-main" href="#/signers">
          {t('back.offerDo')}
        </a>
        <Act onPress={onSkip}>{t('back.offerSkip')}</Act>
      </div>
    </Notice>
  );
}
