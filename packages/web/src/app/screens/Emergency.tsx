// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Page, Panel } from '../parts/Basics.js';
import { Field } from '../parts/Fields.js';
import { Notice } from '../parts/Told.js';
import { useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import { useTitleOf } from './Patients.js';
import { Report } from './Report.js';

/** A look in an emergency: the reason first, which the patient reads. */
export function Emergency({ account, grant }: { account: string; grant: string }) {
  const { t } = useWords();
  const titleOf = useTitleOf();
  const patients = useLoaded(() => ask('patients'));
  const patient = patients.last?.find((one) => one.account === account);
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const [reason, setReason] = useState<string>();
  if (reason !== undefined) return <Report account={account} grant={grant} reason={reason} />;
  return (
    <Page title={t('emergency.ask')} lead={patient && <strong>{titleOf(patient)}</strong>}>
      <Panel className="narrow">
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (text.trim() !== '') setReason(text.trim());
          }}
        >
          <Notice kind="warn">
            <p>{t('emergency.means')}</p>
          </Notice>
          <Field
            label={t('emergency.reason')}
            hint={t('emergency.reasonHint')}
            rows={3}
            value={text}
            onChange={(next) => setText(next.slice(0, longest))}
            autoFocus
            error={tried && text.trim() === '' ? t('emergency.sayWhy') : undefined}
          />
          <div className="row">
            <Act kind="danger" type="submit">
              {t('emergency.open')}
            </Act>
            <a className="link" href="#/patients">
              {t('do.back')}
            </a>
          </div>
        </form>
      </Panel>
    </Page>
  );
}

/** Characters of a reason, as `Emergency.maxLength`. */
const longest = 1_000;
