// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Language, languages } from '../i18n/Language.js';
import { useSettings, useWords } from '../i18n/Settings.js';
import { Choices } from './Fields.js';

export function Languages() {
  const { t } = useWords();
  const { language, change } = useSettings();
  return (
    <Choices
      compact
      label={t('me.language')}
      value={language}
      onChange={(value) => change({ language: value as Language })}
      of={Object.entries(languages).map(([value, label]) => ({ value, label }))}
    />
  );
}
