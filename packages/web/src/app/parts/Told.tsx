// Copyright the Islet authors. AGPL-3.0-or-later.
// What a person is told while something happens, and after.
import type { ReactNode } from 'react';
import { Label, ProgressBar } from 'react-aria-components';
import { catalogues, type Key } from '../i18n/Language.js';
import { useWords } from '../i18n/Settings.js';
import type { Failed } from '../Worker.js';
import type { Step } from '../worker/Protocol.js';
import { Act } from './Basics.js';

/** Shown while something takes a while: at once for the ear, and with how far it is. */
export function Busy({ step }: { step: Step | null }) {
  const { t } = useWords();
  const key = `busy.${step?.what ?? 'working'}`;
  const label = t(key in catalogues.en ? (key as Key) : 'busy.working');
  const counted = step !== null && step.of > 1;
  return (
    <ProgressBar
      className="busy"
      isIndeterminate={!counted}
      value={counted ? step.done : 0}
      maxValue={counted ? step.of : 1}
    >
      {({ percentage, isIndeterminate }) => (
        <>
          <div className="busy-text">
            <Label>{label}…</Label>
            {counted && <span>{t('busy.of', { done: step.done, of: step.of })}</span>}
          </div>
          <div className="busy-track">
            <div
              className={isIndeterminate ? 'busy-fill busy-moving' : 'busy-fill'}
              style={isIndeterminate ? {} : { width: `${percentage}%` }}
            />
          </div>
        </>
      )}
    </ProgressBar>
  );
}

/** What a code means in the reader's language; what we have no words for is told as it came. */
export function useFailureText(): (code: string, message: string) => string {
  const { t } = useWords();
  return (code, message) => {
    const key = `fail.${code}`;
    return key in catalogues.en ? t(key as Key) : message;
  };
}

export function Trouble({ failed, onAgain, title, children }: TroubleProps) {
  const { t } = useWords();
  const textOf = useFailureText();
  return (
    <div role="alert" className="notice notice-bad">
      <strong>{title ?? t('fail.title')}</strong>
      <p>{textOf(failed.code, failed.message)}</p>
      {children}
      <p className="fine">{t('fail.code', { code: failed.code })}</p>
      {onAgain && <Act onPress={onAgain}>{t('do.again')}</Act>}
    </div>
  );
}
type TroubleProps = { failed: Failed; onAgain?: () => void; title?: string; children?: ReactNode };

export function Notice({
  kind = 'info',
  children,
}: {
  kind?: 'info' | 'good' | 'warn';
  children: ReactNode;
}) {
  return (
    <div role="status" className={`notice notice-${kind}`}>
      {children}
    </div>
  );
}

/** Said above what is not of this moment: there was no connection. */
export function AsOf({ at, onAgain }: { at: number | null; onAgain: () => void }) {
  const { t, moment } = useWords();
  if (at === null) return null;
  return (
    <Notice kind="warn">
      <strong>{t('offline.title')}</strong>
      <p>{t('offline.text', { time: moment(at) })}</p>
      <div className="row notice-row">
        <Act onPress={onAgain}>{t('do.again')}</Act>
      </div>
    </Notice>
  );
}
