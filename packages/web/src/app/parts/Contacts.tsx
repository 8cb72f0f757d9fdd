// Copyright the Islet authors. AGPL-3.0-or-later.
import { useWords } from '../i18n/Settings.js';
import { ask } from '../Worker.js';
import { Act } from './Basics.js';

export type Contact = { account: string; name: string };

/** People whom one has a name for already, to choose from in place of typing a code. */
export function Contacts({
  people,
  onChoose,
}: {
  people: Contact[];
  onChoose: (name: string, code: string) => void;
}) {
  const { t } = useWords();
  if (people.length === 0) return null;
  return (
    <div className="row">
      <span className="fine">{t('share.known')}</span>
      {people.map(({ account, name }) => (
        <Act
          key={account}
          onPress={() => void ask('codeOf', { account }).then((code) => onChoose(name, code))}
        >
          {name}
        </Act>
      ))}
    </div>
  );
}
