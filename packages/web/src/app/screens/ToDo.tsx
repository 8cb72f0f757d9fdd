// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import { useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';

/** What is left to do so that a lost device is not a lost account: gone once all of it is done. */
export function ToDo() {
  const { t } = useWords();
  const safety = useLoaded(() => ask('safety')).last;
  if (!safety) return null;
  const { hasKit, guardians } = safety;
  const steps = [
    { id: 'kit', done: hasKit, to: '#/me' },
    { id: 'guardians', done: guardians !== 'none', to: '#/guardians' },
    { id: guardians === 'due' ? 'due' : 'drill', done: guardians === 'tried', to: '#/guardians' },
  ] as const;
  if (steps.every((step) => step.done)) return null;
  const next = steps.find((step) => !step.done);
  return (
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
  );
}
