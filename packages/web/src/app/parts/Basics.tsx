// Copyright the Islet authors. AGPL-3.0-or-later.
// The few parts that every screen is made of.
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import {
  Button,
  type ButtonProps,
  Dialog,
  DialogTrigger,
  FieldError,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  Popover,
  ProgressBar,
  Radio,
  RadioGroup,
  Text,
  TextArea,
  TextField,
} from 'react-aria-components';
import { catalogues, type Key } from '../i18n/Language.js';
import { useWords } from '../i18n/Settings.js';
import type { Failed } from '../Worker.js';
import type { Step } from '../worker/Protocol.js';

type Kind = 'main' | 'quiet' | 'plain' | 'danger';

export function Act({ kind = 'quiet', ...props }: ButtonProps & { kind?: Kind }) {
  return <Button {...props} className={`act act-${kind}`} />;
}

export function Page({ title, lead, children, aside }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever reads by ear or keyboard starts at the new screen's title.
  useEffect(() => heading.current?.focus(), []);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {aside && <div className="page-aside">{aside}</div>}
      </header>
      {children}
    </div>
  );
}
type PageProps = { title: string; lead?: ReactNode; aside?: ReactNode; children: ReactNode };

export function Panel({ title, about, children, className = '' }: PanelProps) {
  return (
    <section className={`panel ${className}`}>
      {title && (
        <h2 className="panel-title">
          <span>{title}</span>
          {about && <About name={title} text={about} />}
        </h2>
      )}
      {children}
    </section>
  );
}
type PanelProps = { title?: string; about?: string; children: ReactNode; className?: string };

/** A figure's definition, one tap away. */
export function About({ name, text }: { name: string; text: string }) {
  const { t } = useWords();
  return (
    <DialogTrigger>
      <Button className="about" aria-label={t('fig.about', { name })}>
        ?
      </Button>
      <Popover className="popover" placement="bottom">
        <Dialog className="popover-body" aria-label={name}>
          <strong>{name}</strong>
          <p>{text}</p>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

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
      <Act onPress={onAgain}>{t('do.again')}</Act>
    </Notice>
  );
}

type FieldProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  type?: 'text' | 'date';
  rows?: number;
  error?: string | undefined;
  autoFocus?: boolean;
  autoComplete?: string;
};

export function Field({
  label,
  hint,
  error,
  rows,
  type = 'text',
  autoFocus,
  autoComplete,
  ...rest
}: FieldProps) {
  return (
    <TextField
      {...rest}
      className="field"
      isInvalid={error !== undefined}
      autoFocus={autoFocus ?? false}
      autoComplete={autoComplete ?? 'off'}
    >
      <Label>{label}</Label>
      {rows ? <TextArea rows={rows} spellCheck={false} /> : <Input type={type} />}
      {hint && <Text slot="description">{hint}</Text>}
      <FieldError>{error}</FieldError>
    </TextField>
  );
}

export function Secret({ label, hint, error, autoFocus, isNew, value, onChange }: SecretProps) {
  const { t } = useWords();
  const [shown, setShown] = useState(false);
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      autoFocus={autoFocus ?? false}
      type={shown ? 'text' : 'password'}
      autoComplete={isNew ? 'new-password' : 'current-password'}
    >
      <Label>{label}</Label>
      <div className="field-row">
        <Input />
        <Act kind="plain" onPress={() => setShown(!shown)}>
          {shown ? t('do.hide') : t('do.show')}
        </Act>
      </div>
      {hint && <Text slot="description">{hint}</Text>}
      <FieldError>{error}</FieldError>
    </TextField>
  );
}
type SecretProps = Pick<FieldProps, 'label' | 'value' | 'onChange' | 'hint' | 'error' | 'autoFocus'> & {
  isNew?: boolean;
};

type Choice = { value: string; label: string; more?: string };
export function Choices({ label, value, onChange, of, compact }: ChoicesProps) {
  return (
    <RadioGroup
      className={compact ? 'choices choices-compact' : 'choices'}
      value={value}
      onChange={onChange}
      orientation={compact ? 'horizontal' : 'vertical'}
    >
      <Label>{label}</Label>
      <div className="choices-list">
        {of.map((one) => (
          <Radio key={one.value} value={one.value} className="choice">
            <span className="choice-label">{one.label}</span>
            {one.more && <span className="choice-more">{one.more}</span>}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
type ChoicesProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  of: Choice[];
  compact?: boolean;
};

/** A question that must be answered before anything else goes on. */
export function Ask({ trigger, title, children, confirm, onConfirm, danger }: AskProps) {
  const { t } = useWords();
  return (
    <DialogTrigger>
      {trigger}
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog className="modal-body" role="alertdialog">
            {({ close }) => (
              <>
                <Heading slot="title">{title}</Heading>
                {children}
                <div className="row row-end">
                  <Act onPress={close}>{t('do.cancel')}</Act>
                  <Act
                    kind={danger ? 'danger' : 'main'}
                    onPress={() => {
                      close();
                      onConfirm();
                    }}
                  >
                    {confirm}
                  </Act>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
type AskProps = {
  trigger: ReactNode;
  title: string;
  children: ReactNode;
  confirm: string;
  onConfirm: () => void;
  danger?: boolean;
};

/** A text to hand on: shown whole, copied with one tap. */
export function Copyable({ label, text }: { label: string; text: string }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  return (
    <div className="copyable">
      <div>
        <span className="copyable-label">{label}</span>
        <code>{text}</code>
      </div>
      <Act
        aria-label={`${t('do.copy')}: ${label}`}
        onPress={() => void navigator.clipboard?.writeText(text).then(() => setCopied(true))}
      >
        {copied ? t('do.copied') : t('do.copy')}
      </Act>
    </div>
  );
}

/** Hands a file to the browser to save. */
export function saveFile(
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
