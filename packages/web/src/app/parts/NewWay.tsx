// Copyright the Islet authors. AGPL-3.0-or-later.
import { type ReactNode, useState } from 'react';
import { useWords } from '../i18n/Settings.js';
import * as Passkey from '../Passkey.js';
import type { Way } from '../worker/Vault.js';
import { Choices, Secret } from './Fields.js';

/** Of any passphrase that is chosen here. */
export const shortest = 10;

type NewWay = {
  fields: ReactNode;
  /** Shows what is missing, and says whether nothing is. */
  check: () => boolean;
  /** What to lock with; asks for the passkey where one was chosen. */
  take: () => Promise<Way>;
};

/** How a person wants to unlock this browser from now on. */
export function useNewWay(label: 'create.passphrase' | 'open.newPassphrase' = 'create.passphrase'): NewWay {
  const { t } = useWords();
  const obstacle = Passkey.obstacle();
  const [kind, setKind] = useState<Way['kind']>(obstacle ? 'passphrase' : 'passkey');
  const [passphrase, setPassphrase] = useState('');
  const [tried, setTried] = useState(false);
  const short = passphrase.length < shortest;
  return {
    fields: (
      <>
        {obstacle ? (
          <p className="fine">{t(`passkey.not.${obstacle}`)}</p>
        ) : (
          <Choices
            label={t('way.choose')}
            value={kind}
            onChange={(value) => setKind(value as Way['kind'])}
            of={[
              { value: 'passkey', label: t('way.passkey'), more: t('way.passkeyMore') },
              { value: 'passphrase', label: t('way.passphrase'), more: t('way.passphraseMore') },
            ]}
          />
        )}
        {kind === 'passphrase' && (
          <Secret
            label={t(label)}
            hint={t('create.passphraseHint')}
            value={passphrase}
            onChange={setPassphrase}
            isNew
            error={tried && short ? t('create.short') : undefined}
          />
        )}
      </>
    ),
    check() {
      setTried(true);
      return kind === 'passkey' || !short;
    },
    take: async () => (kind === 'passkey' ? Passkey.make() : { kind, passphrase }),
  };
}
