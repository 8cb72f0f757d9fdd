// Copyright the Islet authors. AGPL-3.0-or-later.
import { lazy, Suspense, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { boundsOf, whatOf } from '../i18n/sentence.js';
import { useOnNews } from '../News.js';
import { Act, Copyable, Page, Panel } from '../parts/Basics.js';
import { Field } from '../parts/Fields.js';
import { QrCode } from '../parts/QrCode.js';
import { Busy, Trouble } from '../parts/Told.js';
import { useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Who } from '../worker/Session.js';
import type { HeldLine, PatientLine } from '../worker/sharing.js';
import { Circles, useInCircle } from './Circles.js';
import { isLive } from './isLive.js';

const Asking = lazy(async () => ({ default: (await import('./Asking.js')).Asking }));

/** Everyone who lets this clinician see something, or did. */
export function Patients({ who }: { who: Who }) {
  const { t } = useWords();
  const load = useLoaded(() => ask('patients'));
  useOnNews('grants', load.run);
  const { state } = load;
  const reload = (): void => void load.run();
  const none = load.last?.length === 0;
  return (
    <Page title={t('patients.title')} aside={<Act onPress={reload}>{t('do.refresh')}</Act>}>
      {state.is === 'busy' && !load.last && <Busy step={null} />}
      {state.is === 'failed' && <Trouble failed={state.failed} onAgain={reload} />}
      {none && (
        <Panel className="empty">
          <h2>{t('patients.none')}</h2>
          <p>{t('patients.noneText')}</p>
        </Panel>
      )}
      {load.last?.map((one) => (
        <Patient key={one.account} patient={one} onChanged={reload} />
      ))}
      {/* Not before those above are known: what moves under the pointer is not pressed. */}
      {state.is === 'busy' && !load.last ? null : (
        <>
          <Suspense fallback={null}>
            <Asking name={who.name} />
          </Suspense>
          <Circles />
          <Invite who={who} />
          <Roles />
        </>
      )}
    </Page>
  );
}

/** The roles that this clinician holds, to hand to patients like one's own code. */
function Roles() {
  const { t } = useWords();
  const load = useLoaded(() => ask('roles'));
  useOnNews('grants', load.run);
  const roles = load.last ?? [];
  if (roles.length === 0) return null;
  return (
    <Panel title={t('role.title')} className="stack">
      <p>{t('role.text')}</p>
      {roles.map((one) => (
        <RoleCode key={one.account} role={one} onChanged={() => void load.run()} />
      ))}
    </Panel>
  );
}

function RoleCode({ role, onChanged }: { role: Role; onChanged: () => void }) {
  const { t } = useWords();
  const [name, setName] = useState<string>();
  const title = role.name ?? t('role.unnamed', { code: role.code.slice(0, 11) });
  return (
    <div className="stack">
      <Copyable label={title} text={`${location.origin}/#/share?code=${role.code}`} />
      {name === undefined ? (
        <Act
          kind="plain"
          aria-label={`${t('patients.rename')}: ${title}`}
          onPress={() => setName(role.name ?? '')}
        >
          {t('patients.rename')}
        </Act>
      ) : (
        <form
          className="row row-bottom"
          onSubmit={(event) => {
            event.preventDefault();
            void ask('call', { account: role.account, name: name.trim() }).then(() => {
              setName(undefined);
              onChanged();
            });
          }}
        >
          <Field label={t('role.name')} value={name} onChange={setName} autoFocus />
          <Act type="submit">{t('do.save')}</Act>
        </form>
      )}
    </div>
  );
}
type Role = { account: string; code: string; name: string | null };

/** What a clinician hands to a patient: the code, and a link that fills it in. */
export function Invite({ who }: { who: Who }) {
  const { t } = useWords();
  const link = `${location.origin}/#/share?code=${who.code}`;
  return (
    <Panel title={t('patients.yourCode')}>
      <div className="made-parts">
        <div className="stack">
          <p>{t('patients.codeText')}</p>
          <Copyable label={t('patients.yourCode')} text={who.code} />
          <Copyable label={t('patients.link')} text={link} />
        </div>
        <QrCode text={link} label={t('patients.link')} />
      </div>
    </Panel>
  );
}

export const useTitleOf = (): ((patient: { name: string | null; code: string }) => string) => {
  const { t } = useWords();
  return ({ name, code }) => name ?? t('patients.unnamed', { code: code.slice(0, 11) });
};

function Patient({ patient, onChanged }: { patient: PatientLine; onChanged: () => void }) {
  const { t } = useWords();
  const title = useTitleOf()(patient);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState(patient.name ?? '');
  return (
    <Panel title={title}>
      <ul className="lines">
        {patient.grants.map((g) => (
          <Held key={g.id} held={g} account={patient.account} title={title} />
        ))}
      </ul>
      {naming ? (
        <form
          className="row row-bottom"
          onSubmit={(event) => {
            event.preventDefault();
            void ask('call', { account: patient.account, name: name.trim() }).then(() => {
              setNaming(false);
              onChanged();
            });
          }}
        >
          <Field
            label={t('patients.name')}
            hint={t('patients.nameHint')}
            value={name}
            onChange={setName}
            autoFocus
          />
          <Act type="submit">{t('do.save')}</Act>
        </form>
      ) : (
        <Act kind="plain" aria-label={`${t('patients.rename')}: ${title}`} onPress={() => setNaming(true)}>
          {t('patients.rename')}
        </Act>
      )}
    </Panel>
  );
}

function Held({ held: g, account, title }: { held: HeldLine; account: string; title: string }) {
  const words = useWords();
  const { t, date } = words;
  const inCircle = useInCircle();
  const state =
    g.state === 'revoked'
      ? t('patients.revoked', { when: date(g.revokedAt ?? 0) })
      : t('patients.expired', { when: date(g.expiresAt) });
  const live = isLive(g.terms);
  const { emergency } = g.terms;
  const open = emergency ? 'emergency.ask' : live ? 'patients.live' : 'patients.report';
  const route = emergency ? 'emergency' : live ? 'live' : 'report';
  const role = g.role && (g.role.name ? t('log.asRole', { role: g.role.name }) : t('log.asSomeRole'));
  const circle = g.circle && inCircle(g.circle.keeper, g.circle.keeperName);
  const label = t(g.state === 'active' ? open : 'patients.askAnyway');
  return (
    <li>
      <span>
        <strong>{whatOf(words, g.terms)}</strong>
        <span className="fine block">
          {[role, circle, ...boundsOf(words, g.terms)].filter(Boolean).join(', ')}
        </span>
        {g.state !== 'active' && <span className="fine block">{state}</span>}
      </span>
      <a
        className={g.state === 'active' ? 'act act-main' : 'act act-quiet'}
        href={`#/${route}/${account}/${g.id}`}
        aria-label={`${label}: ${title}`}
      >
        {label}
      </a>
    </li>
  );
}
