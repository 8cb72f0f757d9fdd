// Copyright the Islet authors. AGPL-3.0-or-later.
// The few parts that every screen is made of.
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import {
  Button,
  type ButtonProps,
  Dialog,
  DialogTrigger,
  Heading,
  Modal,
  ModalOverlay,
  Popover,
} from 'react-aria-components';
import { useWords } from '../i18n/Settings.js';

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
