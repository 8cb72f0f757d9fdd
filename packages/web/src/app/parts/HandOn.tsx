// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import { Act, Copyable, saveFile } from './Basics.js';
import { QrCode } from './QrCode.js';

/** A text that another person's app takes, as a link that leads there. The part after # is never sent to anyone. */
export function HandOn({ label, to, text }: { label: string; to: 'helping' | 'signers'; text: string }) {
  const link = `${location.origin}/#/${to}?asked=${text}`;
  return (
    <div className="made-parts long">
      <Copyable label={label} text={link} />
      <QrCode text={link} label={label} />
    </div>
  );
}

/** What is sealed to one other device: too long to type, so it is copied or saved. */
export function HandSealed({ label, text, bytes, file }: Sealed) {
  const { t } = useWords();
  return (
    <div className="stack long">
      <Copyable label={label} text={text} />
      <div className="row">
        <Act onPress={() => saveFile(file, new Uint8Array(bytes), 'application/octet-stream')}>
          {t('do.download')}
        </Act>
      </div>
    </div>
  );
}
type Sealed = { label: string; text: string; bytes: Uint8Array; file: string };
