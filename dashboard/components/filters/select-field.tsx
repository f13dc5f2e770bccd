import { Field } from './field.tsx';
import type { Choice } from './segments.tsx';

export interface SelectFieldProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly Choice<string>[];
  readonly onChoose: (id: string) => void;
  readonly error?: string | undefined;
}

/** One of several, in little room. What a link made up is there too, with what the service says of it. */
export function SelectField({ label, value, choices, onChoose, error }: SelectFieldProps) {
  const isKnown = choices.some(({ id }) => id === value);
  return (
    <Field label={label} error={error}>
      {(attributes) => (
        <select {...attributes} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
          {choices.map(({ id, label: text }) => (
            <option key={id} value={id}>
              {text}
            </option>
          ))}
          {!isKnown && <option value={value}>{value}</option>}
        </select>
      )}
    </Field>
  );
}
