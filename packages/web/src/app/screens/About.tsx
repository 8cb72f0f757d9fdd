// Copyright the Islet authors. AGPL-3.0-or-later.
import { useBuild, useKept } from '../Build.js';
import { useWords } from '../i18n/Settings.js';
import { Copyable, Page, Panel } from '../parts/Basics.js';

/** Which program this is, how to check it, and how to have it at hand. */
export function About() {
  const { t } = useWords();
  const build = useBuild();
  const kept = useKept();
  return (
    <Page title={t('about.title')} lead={t('about.text')}>
      <Panel title={t('about.build')} className="stack">
        {build ? <Copyable label={t('about.hash')} text={build} /> : <p>{t('about.noBuild')}</p>}
        <p>{t('about.check')}</p>
        <Copyable label={t('about.command')} text={`npx islet verify --app ${location.origin}`} />
        <p className="fine">{t('about.checkMore')}</p>
      </Panel>
      <Panel title={t('about.install')} className="stack">
        <p>{t('about.installText')}</p>
        <p role="status">{kept === undefined ? '…' : t(kept ? 'about.kept' : 'about.notKept')}</p>
      </Panel>
    </Page>
  );
}
