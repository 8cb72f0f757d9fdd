// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Stretch } from '@islet/client/Derivable';
import { useWords } from '../i18n/Settings.js';
import { Act } from '../parts/Basics.js';

/** What a grant would give away by subtraction, to be meant or not. */
export function Derives({ found, who, onMeant }: Props) {
  const { t, day } = useWords();
  return (
    <div role="alert" className="notice notice-warn">
      <strong>{t('share.derives')}</strong>
      <p>{t('share.derivesText', { who })}</p>
      <ul>
        {found.map(({ category, days, firstDay, lastDay }) => (
          <li key={`${category}/${firstDay}/${days}`}>
            {t(days === 1 ? 'share.derivesDays' : 'share.derivesSpans', {
              ...(days > 1 && { n: days }),
              from: day(firstDay),
              to: day(lastDay),
            })}
          </li>
        ))}
      </ul>
      <Act kind="danger" onPress={onMeant}>
        {t('share.derivesMeant')}
      </Act>
    </div>
  );
}
type Props = { found: Stretch[]; who: string; onMeant: () => void };
