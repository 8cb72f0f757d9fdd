// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import type { Extent } from '@islet/core/Erasure';
import { streams as all, type Stream } from '@islet/core/Stream';
import { useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act, Panel, saveFile } from '../parts/Basics.js';
import { Choices, Field, Several } from '../parts/Fields.js';
import { Busy, Notice, Trouble } from '../parts/Told.js';
import { useCall, useLoaded } from '../parts/useCall.js';
import { ask } from '../Worker.js';

const categories = [...new Set(all.map((stream) => stream.split('/')[0]!))];
const streamsOf = (chosen: string[]): Stream[] =>
  all.filter((stream) => chosen.includes(stream.split('/')[0]!)).sort();

/** Makes data unreadable for ever. Says what that means, and wants the word typed. */
export function Erase({ onGone }: { onGone: () => void }) {
  const { t } = useWords();
  const [what, setWhat] = useState<'days' | 'kinds' | 'everything'>('days');
  const [kinds, setKinds] = useState<string[]>([]);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [typed, setTyped] = useState('');
  const waits = useLoaded(() => ask('erasing'));
  const erase = useCall(async (onProgress, extent: Extent | null) => {
    const made = await (extent ? ask('erase', extent, onProgress) : ask('eraseOn', undefined, onProgress));
    if (made) saveFile(made.name, made.certificate);
    setTyped('');
    return made;
  });
  const extent = extentOf(what, kinds, from, to);
  const word = t('erase.word');
  const { state } = erase;
  if (state.is === 'done' && state.value) {
    const { name, certificate, everything } = state.value;
    return (
      <Panel title={t('erase.title')} className="stack">
        <Notice kind="good">
          <p>{t('erase.done')}</p>
        </Notice>
        <div className="row">
          <Act onPress={() => saveFile(name, certificate)}>{t('erase.certificate')}</Act>
          <Act onPress={everything ? onGone : erase.reset}>{t('do.close')}</Act>
        </div>
      </Panel>
    );
  }
  return (
    <Panel title={t('erase.title')} className="stack">
      <p>{t('erase.text')}</p>
      <Choices
        compact
        label={t('erase.what')}
        value={what}
        onChange={(value) => setWhat(value as typeof what)}
        of={(['days', 'kinds', 'everything'] as const).map((value) => ({
          value,
          label: t(`erase.${value}`),
        }))}
      />
      {what === 'days' && (
        <div className="fields">
          <Field label={t('share.from')} type="date" value={from} onChange={setFrom} />
          <Field label={t('share.to')} type="date" value={to} onChange={setTo} />
        </div>
      )}
      {what === 'kinds' && (
        <Several
          label={t('erase.which')}
          value={kinds}
          onChange={setKinds}
          of={categories.map((value) => ({ value, label: t(`import.kind.${value as 'glucose'}`) }))}
        />
      )}
      <ul>
        <li>{t('erase.meansGone')}</li>
        <li>{t('erase.meansSeen')}</li>
        <li>{t(what === 'everything' ? 'erase.meansAccount' : 'erase.meansNoMore')}</li>
        {what === 'days' && <li>{t('erase.meansLate')}</li>}
      </ul>
      {state.is === 'busy' ? (
        <Busy step={state.step} />
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (extent && typed.trim().toLowerCase() === word) void erase.run(extent);
          }}
        >
          <Field label={t('erase.type', { word })} value={typed} onChange={setTyped} />
          <div className="row">
            <Act kind="danger" type="submit" isDisabled={!extent || typed.trim().toLowerCase() !== word}>
              {t('erase.do')}
            </Act>
            {(waits.last || state.is === 'failed') && (
              <Act onPress={() => void erase.run(null)}>{t('erase.on')}</Act>
            )}
          </div>
        </form>
      )}
      {state.is === 'failed' && <Trouble failed={state.failed} />}
    </Panel>
  );
}

function extentOf(what: string, kinds: string[], from: string, to: string): Extent | undefined {
  if (what === 'everything') return { streams: [], firstDay: Day.first, lastDay: Day.last };
  if (what === 'kinds')
    return kinds.length > 0
      ? { streams: streamsOf(kinds), firstDay: Day.first, lastDay: Day.last }
      : undefined;
  const [firstDay, lastDay] = [Day.parse(from), Day.parse(to)];
  if (firstDay === undefined || lastDay === undefined || firstDay > lastDay) return undefined;
  return { streams: [...all].sort(), firstDay, lastDay };
}
