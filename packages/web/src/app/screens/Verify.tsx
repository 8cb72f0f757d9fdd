// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import { Busy, Notice, Page, Panel, Trouble } from '../parts/Basics.js';
import { DropFile } from '../parts/DropFile.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';

/** For anyone, without an account: does this file hold? */
export function Verify() {
  const { t } = useWords();
  const check = useCall(async (_, file: File) => ask('verify', { text: await file.text() }));
  const { state } = check;
  const place = state.is === 'failed' ? /failed at (.+?): /.exec(state.failed.message)?.[1] : undefined;
  return (
    <Page title={t('verify.title')} lead={t('verify.text')}>
      <Panel className="stack">
        <DropFile label={t('verify.choose')} onFiles={([file]) => file && void check.run(file)} />
        {state.is === 'busy' && <Busy step={null} />}
        {state.is === 'done' && (
          <Notice kind="good">
            <strong>{t('verify.holds')}</strong>
            <p>{t('verify.holdsText', { n: state.value.readings })}</p>
            <ul className="checks">
              <li>{t('verify.segments', { n: state.value.segments })}</li>
              {state.value.chainHead !== null && <li>{t('verify.against', { n: state.value.chainHead })}</li>}
            </ul>
          </Notice>
        )}
        {state.is === 'failed' && (
          <Trouble
            failed={state.failed}
            title={t(state.failed.code === 'EXPORT_TAMPERED' ? 'verify.fails' : 'fail.title')}
          >
            {place && <p className="place">{t('verify.place', { place })}</p>}
          </Trouble>
        )}
      </Panel>
    </Page>
  );
}
