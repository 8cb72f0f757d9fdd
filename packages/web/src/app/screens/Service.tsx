// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import { Act, Page, Panel } from '../parts/Basics.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import type { Health } from '../worker/checking.js';

/** For whoever runs it: how the parts are. */
export function Service() {
  const { t } = useWords();
  const load = useLoaded(() => ask('health'));
  const { state } = load;
  return (
    <Page
      title={t('service.title')}
      lead={t('service.text')}
      aside={<Act onPress={() => void load.run()}>{t('do.refresh')}</Act>}
    >
      {state.is === 'busy' && <Busy step={null} />}
      {state.is === 'failed' && <Trouble failed={state.failed} onAgain={() => void load.run()} />}
      {state.is === 'done' && (
        <Panel>
          <Notice kind={state.value.every((one) => one.ok) ? 'good' : 'warn'}>
            {t(state.value.every((one) => one.ok) ? 'service.all' : 'service.some')}
          </Notice>
          <ul className="lines services">
            {state.value.map((one) => (
              <Line key={one.name} one={one} />
            ))}
          </ul>
        </Panel>
      )}
    </Page>
  );
}

function Line({ one: { name, ok, told } }: { one: Health }) {
  const { t } = useWords();
  const index = /^custodian-(\d+)$/.exec(name)?.[1];
  const title =
    index === undefined
      ? t(`service.${name as 'ledger' | 'hub' | 'gateway'}`)
      : t('service.custodian', { n: index });
  const facts: string[] = [];
  const block = told?.number ?? (told?.chain as { number?: number } | undefined)?.number;
  if (typeof block === 'number') facts.push(t('service.block', { n: block }));
  if (typeof told?.anchoredBatches === 'number')
    facts.push(t('service.batches', { n: told.anchoredBatches }));
  if (typeof told?.waitingLeaves === 'number' && told.waitingLeaves > 0)
    facts.push(t('service.backlog', { n: told.waitingLeaves }));
  return (
    <li>
      <span>
        <span className={ok ? 'dot dot-ok' : 'dot dot-bad'} aria-hidden="true" />
        <strong>{title}</strong>
        {facts.length > 0 && <span className="fine"> · {facts.join(' · ')}</span>}
      </span>
      <span className={ok ? 'state' : 'state state-bad'}>{t(ok ? 'service.ok' : 'service.bad')}</span>
    </li>
  );
}
