// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Stream } from '@islet/core/Stream';
import { useEffect } from 'react';
import { useWords } from '../i18n/Settings.js';
import { Act } from '../parts/Basics.js';
import { Busy, Trouble } from '../parts/Told.js';
import { useCall } from '../parts/useCall.js';
import { ask } from '../Worker.js';
import { OnePage } from './Figures.js';

type PreviewProps = { streams: Stream[]; firstDay: number; lastDay: number; who: string };

/** Exactly what the other side will see, before anything is shared. */
export function Preview({ streams, firstDay, lastDay, who }: PreviewProps) {
  const { t, streams: named } = useWords();
  const load = useCall((onProgress) => ask('preview', { streams, firstDay, lastDay }, onProgress));
  const { state, reset } = load;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other terms need another look
  useEffect(reset, [streams, firstDay, lastDay]);
  const live = streams.every((s) => s === 'glucose/live');
  const others = streams.filter((s) => !s.startsWith('glucose/'));
  if (live) return <p className="fine">{t('share.previewLive')}</p>;
  return (
    <div className="stack">
      {state.is === 'idle' && (
        <div className="row">
          <Act onPress={() => void load.run()}>{t('share.preview')}</Act>
        </div>
      )}
      {state.is === 'busy' && <Busy step={state.step} />}
      {state.is === 'failed' && <Trouble failed={state.failed} />}
      {state.is === 'done' && (
        <section className="preview" aria-label={t('share.previewTitle', { who })}>
          <h3>{t('share.previewTitle', { who })}</h3>
          {state.value === null || state.value.statistics.n === 0 ? (
            <p>{t('share.previewNone')}</p>
          ) : (
            <OnePage figures={state.value} />
          )}
          {others.length > 0 && <p>{t('share.previewOther', { what: named(others) })}</p>}
        </section>
      )}
    </div>
  );
}
