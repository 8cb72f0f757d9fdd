// Copyright the Islet authors. AGPL-3.0-or-later.
import { lazy, Suspense, useContext, useEffect, useMemo, useState } from 'react';
import { I18nProvider, SSRProvider } from 'react-aria-components';
import { useBuild, useNewer } from './Build.js';
import type { Key, Language } from './i18n/Language.js';
import { load, pick } from './i18n/Language.js';
import { type Settings, SettingsContext, type Theme, useWords } from './i18n/Settings.js';
import { NewsContext, useFollowedNews } from './News.js';
import { Act, Page, Panel } from './parts/Basics.js';
import { Languages } from './parts/Languages.js';
import { Busy, Notice, Trouble } from './parts/Told.js';
import { useLoaded } from './parts/useCall.js';
import { Create, OpenWallet, Unlock, Welcome } from './screens/Start.js';
import { ask } from './Worker.js';
import type { Who } from './worker/Session.js';

// A screen comes when it is first opened: a parent at night waits for their own page only.
const About = lazy(async () => ({ default: (await import('./screens/About.js')).About }));
const Devices = lazy(async () => ({ default: (await import('./screens/Devices.js')).Devices }));
const Emergency = lazy(async () => ({ default: (await import('./screens/Emergency.js')).Emergency }));
const Guardians = lazy(async () => ({ default: (await import('./screens/Guardians.js')).Guardians }));
const Helping = lazy(async () => ({ default: (await import('./screens/Helping.js')).Helping }));
const Home = lazy(async () => ({ default: (await import('./screens/Home.js')).Home }));
const Import = lazy(async () => ({ default: (await import('./screens/Import.js')).Import }));
const Live = lazy(async () => ({ default: (await import('./screens/Live.js')).Live }));
const Lost = lazy(async () => ({ default: (await import('./screens/Lost.js')).Lost }));
const Me = lazy(async () => ({ default: (await import('./screens/Me.js')).Me }));
const Patients = lazy(async () => ({ default: (await import('./screens/Patients.js')).Patients }));
const Report = lazy(async () => ({ default: (await import('./screens/Report.js')).Report }));
const Service = lazy(async () => ({ default: (await import('./screens/Service.js')).Service }));
const Share = lazy(async () => ({ default: (await import('./screens/Share.js')).Share }));
const Signers = lazy(async () => ({ default: (await import('./screens/Signers.js')).Signers }));
const UnderWay = lazy(async () => ({ default: (await import('./screens/UnderWay.js')).UnderWay }));
const Verify = lazy(async () => ({ default: (await import('./screens/Verify.js')).Verify }));
const Waiting = lazy(async () => ({ default: (await import('./screens/Waiting.js')).Waiting }));
const WhoSaw = lazy(async () => ({ default: (await import('./screens/WhoSaw.js')).WhoSaw }));

/** Where one is: the part after `#`, which browsers never send anywhere. */
function useRoute(): { path: string[]; query: URLSearchParams; whole: string } {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean), query: new URLSearchParams(query), whole: hash };
}

function useDeviceDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const changed = (): void => setDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return dark;
}

export function App() {
  const [who, setWho] = useState<Who>();
  const [language, setLanguage] = useState<Language>(() => pick(navigator.languages));
  const [unit, setUnit] = useState<Settings['unit']>('mg/dL');
  const [theme, setTheme] = useState<Theme>();
  const deviceDark = useDeviceDark();
  useEffect(() => {
    document.documentElement.lang = language;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }, [language, theme]);
  const settings = useMemo<Settings>(
    () => ({
      language,
      unit,
      theme,
      dark: theme === undefined ? deviceDark : theme === 'dark',
      change(change) {
        const next = {
          language: change.language ?? language,
          unit: change.unit ?? unit,
          theme: change.theme === undefined ? theme : (change.theme ?? undefined),
        };
        void load(next.language).then(() => setLanguage(next.language));
        setUnit(next.unit);
        setTheme(next.theme);
        const { theme: shown, ...rest } = next;
        if (who) void ask('prefer', { ...rest, ...(shown && { theme: shown }) });
      },
    }),
    [language, unit, theme, deviceDark, who],
  );
  const opened = (next: Who): void => {
    const { preferences } = next;
    setUnit(preferences.unit);
    const spoken = preferences.language as Language | undefined;
    if (spoken) void load(spoken).then(() => setLanguage(spoken));
    if (preferences.theme) setTheme(preferences.theme);
    setWho(next);
    // A link that was followed before unlocking is not lost.
    if (!/^#\/(share|helping|signers)\?/.test(location.hash))
      location.hash = next.role === 'patient' ? '#/home' : '#/patients';
  };
  const news = useFollowedNews(who !== undefined && who.pending === null);
  const locked = (): void => {
    setWho(undefined);
    location.hash = '#/';
  };
  return (
    <SSRProvider>
      <I18nProvider locale={language}>
        <SettingsContext.Provider value={settings}>
          <NewsContext.Provider value={news}>
            <Shell who={who} onLock={() => void ask('lock').then(locked)}>
              <Suspense fallback={<Busy step={null} />}>
                <Screen who={who} onOpen={opened} onChanged={setWho} onGone={locked} />
              </Suspense>
            </Shell>
          </NewsContext.Provider>
        </SettingsContext.Provider>
      </I18nProvider>
    </SSRProvider>
  );
}

type ScreenProps = {
  who: Who | undefined;
  onOpen: (who: Who) => void;
  onChanged: (who: Who) => void;
  onGone: () => void;
};

function Screen(props: ScreenProps) {
  const { path, query } = useRoute();
  if (!isSecureContext || !globalThis.crypto?.subtle) return <Insecure />;
  const [first = ''] = path;
  if (first === 'verify') return <Verify statement={query.get('s') ?? ''} />;
  if (first === 'service') return <Service />;
  if (first === 'about') return <About />;
  if (!props.who) return <Outside {...props} first={first} second={path[1] ?? ''} />;
  return <Inside {...props} who={props.who} path={path} query={query} />;
}

function Outside({ onOpen, first, second }: ScreenProps & { first: string; second: string }) {
  const start = useLoaded(() => ask('start'));
  if (first === 'create')
    return <Create role={second === 'clinician' ? 'clinician' : 'patient'} onOpen={onOpen} />;
  if (first === 'open') return <OpenWallet onOpen={onOpen} />;
  if (first === 'lost') return <Lost key="lost" first="recovery" onOpen={onOpen} />;
  if (first === 'back') return <Lost key="back" first="passkey" onOpen={onOpen} />;
  const { state } = start;
  if (state.is === 'failed') return <Trouble failed={state.failed} onAgain={() => void start.run()} />;
  if (state.is !== 'done') return <Busy step={null} />;
  if (state.value.people > 0 && first !== 'welcome')
    return <Unlock onOpen={onOpen} ways={state.value.ways} />;
  return (
    <>
      <Welcome />
      <Languages />
    </>
  );
}

function Inside({
  who,
  onChanged,
  onOpen,
  onGone,
  path,
  query,
}: ScreenProps & { who: Who; path: string[]; query: URLSearchParams }) {
  const [first, second = '', third = ''] = path;
  const asked = query.get('asked') ?? '';
  if (who.pending) return <Waiting key={who.account} onOpen={onOpen} onGone={onGone} />;
  if (first === 'me') return <Me who={who} onChanged={onChanged} onGone={onGone} />;
  if (first === 'guardians') return <Guardians />;
  if (first === 'helping') return <Helping key={asked} given={asked} own={who.account} />;
  if (first === 'signers') return <Signers who={who} given={asked} onChanged={onChanged} />;
  if (who.role === 'clinician' && first === 'emergency')
    return <Emergency key={third} account={second} grant={third} />;
  if (who.role === 'clinician' && first === 'live')
    return <Live key={third} account={second} grant={third} />;
  if (who.role === 'clinician')
    return first === 'report' ? (
      <Report key={third} account={second} grant={third} />
    ) : (
      <Patients who={who} />
    );
  switch (first) {
    case 'share':
      return <Share code={query.get('code') ?? ''} />;
    case 'log':
      return <WhoSaw />;
    case 'add':
      return <Import onChanged={() => onChanged({ ...who, hasData: true })} />;
    case 'devices':
      return <Devices />;
    default:
      return <Home who={who} />;
  }
}

/** Why nothing works at this address, and what to do. */
function Insecure() {
  const { t } = useWords();
  return (
    <Page title={t('insecure.title')}>
      <Panel className="stack">
        <p>{t('insecure.text')}</p>
        <ol className="steps">
          <li>{t('insecure.here')}</li>
          <li>
            {t('insecure.domain')} <code>npx islet up --domain {location.hostname}</code>
          </li>
        </ol>
      </Panel>
    </Page>
  );
}

const patientPages = ['home', 'share', 'log', 'add', 'me'] as const;
const clinicianPages = ['patients', 'me'] as const;

/** The page of the menu that other screens belong to. */
const under: Record<string, string> = {
  devices: 'add',
  report: 'patients',
  live: 'patients',
  emergency: 'patients',
  guardians: 'me',
  helping: 'me',
  signers: 'me',
};

type ShellProps = { who: Who | undefined; onLock: () => void; children: React.ReactNode };

/** What stands around every screen. */
function Shell({ who, onLock, children }: ShellProps) {
  const { t } = useWords();
  const { path } = useRoute();
  const here = (path[0] && under[path[0]]) ?? path[0];
  const pages = who && !who.pending ? (who.role === 'patient' ? patientPages : clinicianPages) : [];
  return (
    <div className="shell">
      <button
        type="button"
        className="skip"
        onClick={() => document.querySelector<HTMLElement>('#main h1')?.focus()}
      >
        {t('app.skip')}
      </button>
      <header className="bar">
        <a className="brand" href="#/">
          <img src="/islet.svg" alt="" width="28" height="28" />
          Islet
        </a>
        {who && (
          <nav className="nav" aria-label={t('app.main')}>
            {pages.map((page) => (
              <a key={page} href={`#/${page}`} aria-current={here === page ? 'page' : undefined}>
                <Glyph of={page} />
                {t(`nav.${page}` as Key)}
                {page === 'share' && <Asks />}
              </a>
            ))}
          </nav>
        )}
        {who && (
          <Act kind="plain" onPress={onLock}>
            {t('nav.lock')}
          </Act>
        )}
      </header>
      <main id="main">
        <Newer />
        {who && (
          <Suspense fallback={null}>
            <UnderWay key={who.account} />
          </Suspense>
        )}
        {children}
      </main>
      <footer className="foot">
        <p>{t('app.notDevice')}</p>
        <p>
          <a href="#/verify">{t('nav.verify')}</a> <a href="#/service">{t('nav.service')}</a> <BuildLink />
        </p>
      </footer>
    </div>
  );
}

/** How many ask for something and have no answer yet. */
function Asks() {
  const { t } = useWords();
  const n = useContext(NewsContext)?.waiting ?? 0;
  if (n === 0) return null;
  return (
    <span className="count" role="img" aria-label={t('asks.waiting', { n })}>
      {n}
    </span>
  );
}

/** The first letters of the build's hash: enough to compare two screens by eye. */
function BuildLink() {
  const { t } = useWords();
  const build = useBuild();
  return <a href="#/about">{build ? t('about.link', { build: build.slice(0, 8) }) : t('about.title')}</a>;
}

function Newer() {
  const { t } = useWords();
  const takeOver = useNewer();
  if (!takeOver) return null;
  return (
    <Notice>
      <p>{t('update.ready')}</p>
      <Act onPress={takeOver}>{t('update.do')}</Act>
    </Notice>
  );
}

const glyphs: Record<string, string> = {
  home: 'M3 13c3-7 5-9 9-9s6 2 9 9M3 18c2 0 2-1.500 4.500-1.500S10 18 12 18s2.500-1.500 4.500-1.500S19 18 21 18',
  share: 'M12 15V4M8 8l4-4 4 4M5 13v6h14v-6',
  log: 'M2 12s4-6.500 10-6.500S22 12 22 12s-4 6.500-10 6.500S2 12 2 12zM12 9.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5z',
  add: 'M12 5v14M5 12h14',
  me: 'M12 4a4 4 0 100 8 4 4 0 000-8zM4 20c1-4 4-6 8-6s7 2 8 6',
  patients:
    'M9 5a3.500 3.500 0 100 7 3.500 3.500 0 000-7zM2.500 19c.7-3.500 3-5 6.500-5s5.800 1.500 6.500 5M16 5.500a3.500 3.500 0 010 6.500M18 14.500c2 .7 3 2.200 3.500 4.500',
};

function Glyph({ of }: { of: string }) {
  return (
    <svg className="glyph" viewBox="0 0 24 24" aria-hidden="true">
      <path d={glyphs[of]} />
    </svg>
  );
}
