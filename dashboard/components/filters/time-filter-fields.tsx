import { useTyped } from '../../hooks/use-typed.ts';
import { PRESETS, type TimeFilter } from '../../state/time-filter.ts';
import { Field } from './field.tsx';

export interface TimeFilterFieldsProps {
  /** What the times are of, as in "Time of the event". */
  readonly label: string;
  readonly value: TimeFilter;
  /** As the link says, while other times are typed. */
  readonly shown: TimeFilter;
  /** What the service says about each. */
  readonly errors: { readonly from: string | undefined; readonly to: string | undefined };
  /** Called as times are typed. */
  readonly onInput: (value: TimeFilter) => void;
  /** Called when a preset is chosen: that needs no button. */
  readonly onChoose: (value: TimeFilter) => void;
}

const CHOICES = [
  { id: '', label: 'Any' },
  ...PRESETS.map(({ id, label }) => ({ id, label })),
  { id: 'other', label: 'Custom range' },
];

/** The usual ranges, or one from a time to another, which may be as exact as the reader likes. */
export function TimeFilterFields({ label, value, shown, errors, onInput, onChoose }: TimeFilterFieldsProps) {
  const { range, from, to } = shown;
  const [{ isOpened }, open] = useTyped({ isOpened: false, range, from, to });
  const isPreset = value.range !== '';
  const isOther = !isPreset && (isOpened || value.from !== '' || value.to !== '');
  const choose = (id: string) => {
    open({ isOpened: id === 'other' });
    if (id === 'other') onInput({ ...value, range: '' });
    else onChoose({ range: id, from: '', to: '' });
  };
  return (
    <div class="time-filter">
      <div class="filter-choice">
        <span class="field-label">{label}</span>
        <div class="pills" role="group" aria-label={label}>
          {CHOICES.map(({ id, label: text }) => (
            <button
              key={id}
              type="button"
              aria-pressed={id === (isOther ? 'other' : value.range)}
              onClick={() => choose(id)}
            >
              {text}
            </button>
          ))}
        </div>
      </div>
      {isOther && (
        <div class="time-filter-other">
          <TimeField
            label="From (UTC)"
            value={value.from}
            error={errors.from}
            onInput={(from) => onInput({ ...value, from })}
          />
          <TimeField
            label="To, not included (UTC)"
            value={value.to}
            error={errors.to}
            onInput={(to) => onInput({ ...value, to })}
          />
        </div>
      )}
    </div>
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (value: string) => void;
}

/** A text and not a field for dates: those lose what is finer than a second, and cannot take what was copied from a log. */
function TimeField({ label, value, error, onInput }: TimeFieldProps) {
  return (
    <Field label={label} error={error} hint="Such as 2026-11-21 14:05">
      {(attributes) => (
        <input
          {...attributes}
          value={value}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
