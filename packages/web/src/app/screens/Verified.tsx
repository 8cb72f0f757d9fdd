// Copyright the Islet authors. AGPL-3.0-or-later.
import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useWords } from '../i18n/Settings.js';
import { Act } from '../parts/Basics.js';
import type { Report } from '../worker/reports.js';

type Props = { verified: Report['verified']; custodians?: Report['custodians'] };

/** Says that what is shown was checked, and opens into what that means. */
export function VerifiedBadge({ verified: v, custodians = [] }: Props) {
  const { t, list, moment } = useWords();
  const of = (outcome: 'released' | 'lied'): string[] =>
    custodians.filter((c) => c.outcome === outcome).map((c) => String(c.custodian));
  const [released, lied] = [of('released'), of('lied')];
  return (
    <DialogTrigger>
      <Button className="badge">
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="M10 1l7 3v5c0 5-3 8.500-7 10-4-1.500-7-5-7-10V4z" fill="currentColor" />
          <path d="M6.500 10l2.500 2.500 4.500-5" fill="none" stroke="var(--paper)" strokeWidth="2" />
        </svg>
        {t('verified.badge')}
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog className="modal-body">
            {({ close }) => (
              <>
                <Heading slot="title">{t('verified.title')}</Heading>
                {v.segments === 0 ? (
                  <p>{t('verified.nothing')}</p>
                ) : (
                  <ul className="checks">
                    <li>{t('verified.segments', { n: v.segments })}</li>
                    <li>{t('verified.receipts', { n: v.receipts })}</li>
                    <li>{t('verified.heads', { n: v.heads })}</li>
                    <li>{t('verified.chain', { n: v.chainHead })}</li>
                    <li>{t('verified.until', { time: moment(v.completeUntil) })}</li>
                    {released.length > 0 && <li>{t('verified.custodians', { list: list(released) })}</li>}
                    {lied.length > 0 && <li>{t('verified.liar', { list: list(lied) })}</li>}
                  </ul>
                )}
                <div className="row row-end">
                  <Act onPress={close}>{t('do.close')}</Act>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
