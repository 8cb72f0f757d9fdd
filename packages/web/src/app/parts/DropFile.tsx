// Copyright the Islet authors. AGPL-3.0-or-later.
import { DropZone, FileTrigger, Text } from 'react-aria-components';
import { useWords } from '../i18n/Settings.js';
import { Act } from './Basics.js';

/** A place to drop a file, and a button for those who do not drag. */
export function DropFile({ label, onFiles, many, quiet, accept }: Props) {
  const { t } = useWords();
  return (
    <DropZone
      className="drop"
      onDrop={async ({ items }) => {
        const files = items.flatMap((item) => (item.kind === 'file' ? [item.getFile()] : []));
        if (files.length > 0) onFiles(await Promise.all(files));
      }}
    >
      <Text slot="label">{t('import.drop')}</Text>
      <FileTrigger
        allowsMultiple={many ?? false}
        {...(accept && { acceptedFileTypes: accept })}
        onSelect={(list) => list && onFiles([...list])}
      >
        <Act kind={quiet ? 'quiet' : 'main'}>{label}</Act>
      </FileTrigger>
    </DropZone>
  );
}
type Props = {
  label: string;
  onFiles: (files: File[]) => void;
  many?: boolean;
  quiet?: boolean;
  accept?: string[];
};
