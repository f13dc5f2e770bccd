import { Field } from './field.tsx';

export interface TextFilterProps {
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (value: string) => void;
}

/** A field for the exact text that something must have; an empty one stands for any. */
export function TextFilter({ label, value, error, onInput }: TextFilterProps) {
  return (
    <Field label={label} error={error}>
      {(attributes) => (
        <input
          {...attributes}
          value={value}
          placeholder="Any"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
