// Copyright the Islet authors. AGPL-3.0-or-later.
import { lazy, Suspense, useState } from 'react';
import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useWords } from '../i18n/Settings.js';
import { Act } from './Basics.js';
import { Field, type FieldProps } from './Fields.js';
import { Busy } from './Told.js';

// Few scan, so what reads codes comes when somebody does.
const Scanner = lazy(async () => ({ default: (await import('./Scanner.js')).Scanner }));

/** Reads a QR code by the camera or from a picture, in a dialog. What was read is handed on as text; nothing is sent. */
export function Scan({ onText }: { onText: (text: string) => void }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Act>{t('scan.do')}</Act>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog className="modal-body">
            <Heading slot="title">{t('scan.title')}</Heading>
            <Suspense fallback={<Busy step={null} />}>
              <Scanner
                onText={(text) => {
                  setOpen(false);
                  onText(text);
                }}
              />
            </Suspense>
            <div className="row row-end">
              <Act onPress={() => setOpen(false)}>{t('do.close')}</Act>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

/** A field for what somebody else shows as a code: typed, pasted, or scanned. */
export function ScannedField(props: FieldProps) {
  return (
    <div className="scanned">
      <Field {...props} />
      <Scan onText={props.onChange} />
    </div>
  );
}
