// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import { Notice } from '../parts/Told.js';
import type { Erased } from '../worker/data.js';

/** Which of the days shown were erased, so that nobody takes them for a fault. */
export function Gone({ erased }: { erased: Erased[] }) {
  const { t, day, date } = useWords();
  if (erased.length === 0) return null;
  return (
    <Notice>
      {erased.map(({ firstDay, lastDay, at }) => (
        <p key={`${firstDay}/${at}`}>
          {firstDay === lastDay
            ? t('gone.day', { day: day(firstDay), when: date(at) })
            : t('gone.days', { from: day(firstDay), to: day(lastDay), when: date(at) })}
        </p>
      ))}
    </Notice>
  );
}
