// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Terms } from '@islet/client/Terms';
import { useEffect, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Page } from '../parts/Basics.js';
import { Choices } from '../parts/Fields.js';
import { AsOf, Busy, Notice, Trouble } from '../parts/Told.js';
import { useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import { OnePage } from './Figures.js';
import { Gone } from './Gone.js';
import { useTitleOf } from './Patients.js';
import { SignedPdf } from './SignedPdf.js';
import { VerifiedBadge } from './Verified.js';

/** What a patient shared, as one page: asked for, checked, and only then computed. */
export function Report({ account, grant, reason }: Asked) {
  const { t, day, moment } = useWords();
  const [days, setDays] = useState('14');
  const load = useLoaded(async (onProgress) => {
    const [report, patients] = await Promise.all([
      ask('report', { account, grant, days: Number(days), ...(reason && { reason }) }, onProgress),
      ask('patients'),
    ]);
    return { ...report, patient: patients.find((p) => p.account === account) };
  });
  const { state, run } = load;
  const titleOf = useTitleOf();
  const [asked, setAsked] = useState(days);
  useEffect(() => {
    if (asked === days) return;
    setAsked(days);
    void run();
  }, [asked, days, run]);
  const refused = state.is === 'failed' && state.failed.code.startsWith('DENIED_');
  const report = state.is === 'done' ? state.value : undefined;
  const patient = report?.patient;
  // Weeks and reports are of their own days: there is nothing to choose.
  const isWhole = report?.figures.stream === 'glucose/week' || report?.figures.stream === 'glucose/report';
  const grantDays = patient?.grants.find((g) => g.id === grant);
  const available = !grantDays || isWhole ? 14 : daysOf(grantDays.terms);
  const periods = ['14', '30', '90'].filter((d, i) => i === 0 || Number(d) <= available);
  return (
    <Page
      title={t('report.title')}
      lead={
        report && (
          <>
            {patient && <strong>{titleOf(patient)} · </strong>}
            {t('report.period', { from: day(report.figures.firstDay), to: day(report.figures.lastDay) })}
          </>
        )
      }
      aside={
        report && (
          <div className="row">
            <VerifiedBadge verified={report.verified} custodians={report.custodians} />
            <Act onPress={() => print()}>{t('do.print')}</Act>
            {report.asOf === null && <SignedPdf report={report} />}
          </div>
        )
      }
    >
      {state.is === 'busy' && <Busy step={state.step} />}
      {state.is === 'failed' && (
        <>
          <Trouble
            failed={state.failed}
            {...(refused ? { title: t('report.refused') } : { onAgain: () => void run() })}
          />
          {refused && <p className="fine">{t('report.onRecord')}</p>}
          <a className="link" href="#/patients">
            {t('do.back')}
          </a>
        </>
      )}
      {report && <AsOf at={report.asOf} onAgain={() => void run()} />}
      {report && (
        <>
          {periods.length > 1 && (
            <Choices
              compact
              label={t('home.period')}
              value={days}
              onChange={setDays}
              of={periods.map((value) => ({ value, label: t('home.days', { n: Number(value) }) }))}
            />
          )}
          {reason && (
            <Notice kind="warn">
              <p>{t('emergency.stated', { reason })}</p>
            </Notice>
          )}
          <Gone erased={report.erased} />
          <OnePage figures={report.figures} erased={report.erased} />
          <p className="fine">{t('report.made', { when: moment(report.madeAt) })}</p>
        </>
      )}
    </Page>
  );
}

/** `reason` is for an emergency. */
type Asked = { account: string; grant: string; reason?: string };

const daysOf = ({ firstDay, lastDay, rollingDays }: Terms): number =>
  Math.min(lastDay - firstDay + 1, rollingDays || Number.POSITIVE_INFINITY);
