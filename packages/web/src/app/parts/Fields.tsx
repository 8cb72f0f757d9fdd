// Copyright the Islet authors. AGPL-3.0-or-later.
import { useState } from 'react';
import {
  Checkbox,
  CheckboxGroup,
  FieldError,
  Input,
  Label,
  Radio,
  RadioGroup,
  Text,
  TextArea,
  TextField,
} from 'react-aria-components';
import { useWords } from '../i18n/Settings.js';
import { Act } from './Basics.js';

export type FieldProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  type?: 'text' | 'date' | 'time' | 'number';
  rows?: number;
  error?: string | undefined;
  autoFocus?: boolean;
  autoComplete?: string;
};

export function Field({
  label,
  hint,
  error,
  rows,
  type = 'text',
  autoFocus,
  autoComplete,
  ...rest
}: FieldProps) {
  return (
    <TextField
      {...rest}
      className="field"
      isInvalid={error !== undefined}
      autoFocus={autoFocus ?? false}
      autoComplete={autoComplete ?? 'off'}
    >
      <Label>{label}</Label>
      {rows ? <TextArea rows={rows} spellCheck={false} /> : <Input type={type} />}
      {hint && <Text slot="description">{hint}</Text>}
      <FieldError>{error}</FieldError>
    </TextField>
  );
}

export function Secret({ label, hint, error, autoFocus, isNew, value, onChange }: SecretProps) {
  const { t } = useWords();
  const [shown, setShown] = useState(false);
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      autoFocus={autoFocus ?? false}
      type={shown ? 'text' : 'password'}
      autoComplete={isNew ? 'new-password' : 'current-password'}
    >
      <Label>{label}</Label>
      <div className="field-row">
        <Input />
        <Act kind="plain" onPress={() => setShown(!shown)}>
          {shown ? t('do.hide') : t('do.show')}
        </Act>
      </div>
      {hint && <Text slot="description">{hint}</Text>}
      <FieldError>{error}</FieldError>
    </TextField>
  );
}
type SecretProps = Pick<FieldProps, 'label' | 'value' | 'onChange' | 'hint' | 'error' | 'autoFocus'> & {
  isNew?: boolean;
};

type Choice = { value: string; label: string; more?: string };
export function Choices({ label, value, onChange, of, compact }: ChoicesProps) {
  return (
    <RadioGroup
      className={compact ? 'choices choices-compact' : 'choices'}
      value={value}
      onChange={onChange}
      orientation={compact ? 'horizontal' : 'vertical'}
    >
      <Label>{label}</Label>
      <div className="choices-list">
        {of.map((one) => (
          <Radio key={one.value} value={one.value} className="choice">
            <span className="choice-label">{one.label}</span>
            {one.more && <span className="choice-more">{one.more}</span>}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
type ChoicesProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  of: Choice[];
  compact?: boolean;
};

/** Any number of some. */
export function Several({ label, value, onChange, of }: SeveralProps) {
  return (
    <CheckboxGroup className="choices choices-compact" value={value} onChange={onChange}>
      <Label>{label}</Label>
      <div className="choices-list">
        {of.map((one) => (
          <Checkbox key={one.value} value={one.value} className="choice">
            <span className="choice-label">{one.label}</span>
          </Checkbox>
        ))}
      </div>
    </CheckboxGroup>
  );
}
type SeveralProps = { label: string; value: string[]; onChange: (value: string[]) => void; of: Choice[] };
