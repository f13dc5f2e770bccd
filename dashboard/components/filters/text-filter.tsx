import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Field } from './field.tsx';

export interface TextFilterProps {
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (value: string) => void;
  /** Options to choose from, when there are some; anything else can be typed. */
  readonly suggestions?: ComponentChildren;
  readonly onFocus?: () => void;
}

/** A field for the exact text that something must have; an empty one stands for any. */
export function TextFilter(props: TextFilterProps) {
  const { label, value, error, onInput, suggestions, onFocus } = props;
  const listId = useId();
  return (
    <Field label={label} error={error}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            value={value}
            placeholder="Any"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            list={suggestions === undefined ? undefined : listId}
            onFocus={onFocus}
            onInput={(event) => onInput(event.currentTarget.value)}
          />
          {suggestions !== undefined && <datalist id={listId}>{suggestions}</datalist>}
        </>
      )}
    </Field>
  );
}
