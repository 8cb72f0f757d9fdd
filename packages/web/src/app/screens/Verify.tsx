// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Verified } from '@islet/client/Export';
import { useEffect } from 'react';
import { catalogues, type Key } from '../i18n/Language.js';
import { useWords } from '../i18n/Settings.js';
import { Page, Panel } from '../parts/Basics.js';
import { DropFile } from '../parts/DropFile.js';
import { Scan } from '../parts/Scan.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask, type Failed } from '../Worker.js';
import type { ErasureChecked, ReportChecked } from '../worker/checking.js';

/** As the file says of itself in its first line. */
const isCertificate = (text: string): boolean => /^\s*\{\s*"islet"\s*:\s*"erasure-certificate"/.test(text);
const isPdf = (bytes: Uint8Array): boolean => new TextDecoder().decode(bytes.subarray(0, 5)) === '%PDF-';

/** What the code on a signed page leads to; any other text as it is, to be refused by name. */
const statementOf = (text: string): string =>
  new URLSearchParams(/#\/verify\?(.*)$/.exec(text)?.[1]).get('s') ?? text;

/** For anyone, without an account: does this file, or the code on this paper, hold? */
export function Verify({ statement }: { statement: string }) {
  const { t } = useWords();
  const check = useCall(async (_, file: File) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (isPdf(bytes)) return { is: 'report' as const, ...(await ask('verifyReport', { bytes })) };
    const text = new TextDecoder().decode(bytes);
    if (isCertificate(text)) return { is: 'erasure' as const, ...(await ask('verifyErasure', { text })) };
    return { is: 'export' as const, ...(await ask('verify', { text })) };
  });
  const scanned = useCall(async (_, text: string) => ({
    is: 'report' as const,
    ...(await ask('verifyStatement', { text })),
  }));
  const read = scanned.run;
  useEffect(() => {
    if (statement) void read(statement);
  }, [statement, read]);
  // What was dropped last comes before what was scanned.
  const { state } = check.state.is === 'idle' ? scanned : check;
  return (
    <Page title={t('verify.title')} lead={t('verify.text')}>
      <Panel className="stack">
        <DropFile label={t('verify.choose')} onFiles={([file]) => file && void check.run(file)} />
        <div className="row">
          <Scan
            onText={(text) => {
              check.reset();
              void read(statementOf(text));
            }}
          />
        </div>
        {state.is === 'busy' && <Busy step={null} />}
        {state.is === 'done' &&
          (state.value.is === 'export' ? (
            <Holds told={state.value} />
          ) : state.value.is === 'erasure' ? (
            <ErasureHolds told={state.value} />
          ) : (
            <ReportHolds told={state.value} />
          ))}
        {state.is === 'failed' && <Fails failed={state.failed} />}
      </Panel>
    </Page>
  );
}

function Holds({ told }: { told: Verified }) {
  const { t } = useWords();
  return (
    <Notice kind="good">
      <strong>{t('verify.holds')}</strong>
      <p>{t('verify.holdsText', { n: told.readings })}</p>
      <ul className="checks">
        <li>{t('verify.segments', { n: told.segments })}</li>
        {told.chainHead !== null && <li>{t('verify.against', { n: told.chainHead })}</li>}
      </ul>
    </Notice>
  );
}

/** What a certificate says was erased, and who signed for it. */
function ErasureHolds({ told }: { told: ErasureChecked }) {
  const { t, day, date, streams } = useWords();
  return (
    <Notice kind="good">
      <strong>{t('verify.erasure')}</strong>
      <p>
        {t('verify.erasureWhat', {
          what: told.streams.length === 0 ? t('erase.everything') : streams(told.streams),
          days: told.days
            ? t('report.period', { from: day(told.days.firstDay), to: day(told.days.lastDay) })
            : t('verify.allDays'),
        })}
      </p>
      <ul className="checks">
        <li>{t('verify.erasureWhen', { asked: date(told.requestedAt), done: date(told.erasedAt) })}</li>
        <li>{t('verify.erasureBy', { n: told.custodians, of: told.needed })}</li>
        <li>{t('verify.erasureOf', { code: told.account })}</li>
      </ul>
      <p className="fine">{t('erase.meansSeen')}</p>
    </Notice>
  );
}

const figures = [
  'mean',
  'gmi',
  'cv',
  'sd',
  'gri',
  'wear',
  'tight',
  'veryHigh',
  'high',
  'inRange',
  'low',
  'veryLow',
] as const;

/** What a signed report says, read from what was signed and not from the page. */
function ReportHolds({ told }: { told: ReportChecked }) {
  const { t, day, moment, glucose, spread, unit, percent, number } = useWords();
  const stream = `stream.${told.stream}`;
  const written = (name: (typeof figures)[number], hundredths: number | null): string => {
    if (hundredths === null) return '–';
    const value = hundredths / 100;
    if (name === 'mean') return `${glucose(value)} ${unit}`;
    if (name === 'sd') return `${spread(value)} ${unit}`;
    return name === 'gri' ? number(value) : percent(value, 1);
  };
  return (
    <>
      <Notice kind="good">
        <strong>{t(told.page ? 'verify.report' : 'verify.statement')}</strong>
        <p>{t(told.page ? 'verify.reportText' : 'verify.statementText')}</p>
        <ul className="checks">
          <li>{t('verify.signed', { code: told.reader })}</li>
          <li>{t('verify.granted')}</li>
          <li>{t('verify.against', { n: told.chainHead })}</li>
        </ul>
        <p className="fine">{t('verify.reportLimit')}</p>
      </Notice>
      <dl className="account stated">
        <div>
          <dt>{t('verify.patient')}</dt>
          <dd>{told.patient}</dd>
        </div>
        <div>
          <dt>{t('home.period')}</dt>
          <dd>{t('report.period', { from: day(told.firstDay), to: day(told.lastDay) })}</dd>
        </div>
        {stream in catalogues.en && (
          <div>
            <dt>{t('pdf.source')}</dt>
            <dd>{t(stream as Key)}</dd>
          </div>
        )}
        <div>
          <dt>{t('pdf.made')}</dt>
          <dd>{moment(told.madeAt)}</dd>
        </div>
        <div>
          <dt>{t('pdf.digest')}</dt>
          <dd>
            <code>{told.digest}</code>
          </dd>
        </div>
        {figures.map((name) => (
          <div key={name} data-stated={name}>
            <dt>{t(`fig.${name}`)}</dt>
            <dd>{written(name, told.metrics[name])}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Fails({ failed }: { failed: Failed }) {
  const { t } = useWords();
  const place = /failed at (.+?): /.exec(failed.message)?.[1];
  const key = `fig.${place}`;
  const tampered = ['EXPORT_TAMPERED', 'REPORT_TAMPERED', 'CERTIFICATE_TAMPERED'].includes(failed.code);
  return (
    <Trouble failed={failed} title={t(tampered ? 'verify.fails' : 'fail.title')}>
      {place && (
        <p className="place">{t('verify.place', { place: key in catalogues.en ? t(key as Key) : place })}</p>
      )}
    </Trouble>
  );
}
