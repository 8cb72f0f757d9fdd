// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Purpose } from '@islet/core/Purpose';
import { useWords } from '../i18n/Settings.js';
import { chosen } from '../i18n/sentence.js';
import { Choices, Field, Several } from '../parts/Fields.js';
import { isLive } from './isLive.js';
import { type Draft, type Preset, presets } from './presets.js';

/** The terms of a grant: a preset, and what to change of it. */
export function TermsFields({ words = 'share', preset, onPreset, draft, onChange }: Props) {
  const { t } = useWords();
  return (
    <>
      <Choices
        label={t('share.preset')}
        value={preset ?? ''}
        onChange={(value) => onPreset(value as Preset)}
        of={presets.map((value) => ({ value, label: t(`preset.${value}`), more: t(`preset.${value}More`) }))}
      />
      {!isLive(draft) && <Days draft={draft} onChange={onChange} />}
      <Times draft={draft} onChange={onChange} />
      <div className="fields">
        <Field
          label={t(`${words}.until`)}
          type="date"
          value={draft.until}
          onChange={(until) => onChange({ until })}
        />
      </div>
      {draft.emergency ? (
        <p className="fine">{t('share.emergencyText')}</p>
      ) : (
        <Choices
          compact
          label={t(`${words}.purpose`)}
          value={draft.purpose}
          onChange={(purpose) => onChange({ purpose: purpose as Purpose })}
          of={(['treatment', 'care-giving', 'research', 'payment'] as const).map((value) => ({
            value,
            label: t(`purposeName.${value}`),
          }))}
        />
      )}
      <Choices
        compact
        label={t('share.uses')}
        value={draft.uses}
        onChange={(uses) => onChange({ uses })}
        of={[
          { value: '0', label: t(`${words}.usesAny`) },
          { value: '1', label: t('share.usesOnce') },
          { value: '5', label: t('share.usesFew') },
        ]}
      />
    </>
  );
}
type Part = { draft: Draft; onChange: (part: Partial<Draft>) => void };
/** `preset` is null where the terms began as somebody’s ask. */
/** `words`: of whoever shares, or of whoever asks. */
type Props = Part & { words?: 'share' | 'ask'; preset: Preset | null; onPreset: (preset: Preset) => void };

function Days({ draft, onChange }: Part) {
  const { t } = useWords();
  return (
    <>
      <Choices
        compact
        label={t('share.window')}
        value={draft.rolling ? 'rolling' : 'fixed'}
        onChange={(value) => onChange({ rolling: value === 'rolling' })}
        of={[
          { value: 'rolling', label: t('share.windowRolling') },
          { value: 'fixed', label: t('share.windowFixed') },
        ]}
      />
      <div className="fields">
        {draft.rolling ? (
          <Field
            label={t('share.last')}
            type="number"
            value={draft.last}
            onChange={(last) => onChange({ last })}
          />
        ) : (
          <>
            <Field
              label={t('share.from')}
              type="date"
              value={draft.from}
              onChange={(from) => onChange({ from })}
            />
            <Field label={t('share.to')} type="date" value={draft.to} onChange={(to) => onChange({ to })} />
          </>
        )}
      </div>
    </>
  );
}

function Times({ draft, onChange }: Part) {
  const { t, weekday } = useWords();
  return (
    <>
      <Choices
        compact
        label={t('share.when')}
        value={draft.hours ? 'hours' : 'always'}
        onChange={(value) => onChange({ hours: value === 'hours' })}
        of={[
          { value: 'always', label: t('share.whenAlways') },
          { value: 'hours', label: t('share.whenHours') },
        ]}
      />
      {draft.hours && (
        <>
          <Several
            label={t('share.weekdays')}
            value={chosen(draft.weekdays).map(String)}
            onChange={(days) =>
              onChange({ weekdays: days.reduce((mask, bit) => mask | (1 << Number(bit)), 0) })
            }
            of={[0, 1, 2, 3, 4, 5, 6].map((bit) => ({ value: String(bit), label: weekday(bit, 'short') }))}
          />
          <div className="fields">
            <Field
              label={t('share.fromTime')}
              type="time"
              value={draft.fromTime}
              onChange={(fromTime) => onChange({ fromTime })}
            />
            <Field
              label={t('share.toTime')}
              type="time"
              value={draft.toTime}
              onChange={(toTime) => onChange({ toTime })}
            />
          </div>
        </>
      )}
    </>
  );
}
