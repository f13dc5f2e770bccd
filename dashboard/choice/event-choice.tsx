import type { KnownName } from '../api/questions.ts';
import { formatCount } from '../text/format.ts';
import { Combobox } from './combobox.tsx';
import type { Option } from './options.ts';
import { keyOf, labelOf, eventOf, type Of } from './event-key.ts';

export interface EventChoiceProps {
  readonly label: string;
  readonly names: readonly KnownName[] | undefined;
  readonly value: Of;
  readonly onChoose: (value: Of) => void;
  /** What stands for no choice. */
  readonly placeholder?: string;
  /** Whether a whole category can be chosen; not where an event is needed. */
  readonly takesCategories?: boolean;
  readonly error?: string | undefined;
}

/** Chooses an event by its name and category, or all of a category. */
export function EventChoice(props: EventChoiceProps) {
  const { label, names, value, onChoose, placeholder = 'All events', takesCategories = true, error } = props;
  return (
    <Combobox
      label={label}
      value={keyOf(value)}
      valueLabel={labelOf(value, names)}
      options={names && optionsOf(names, takesCategories)}
      placeholder={placeholder}
      error={error}
      takesAny
      onChoose={(key) => onChoose(eventOf(key, names ?? []))}
    />
  );
}

function optionsOf(names: readonly KnownName[], takesCategories: boolean): Option[] {
  const categories = [...new Set(names.map(({ category }) => category))];
  const whole = takesCategories && categories.length > 1 ? categories : [];
  return [
    ...names.map(({ category, name, events }) => ({
      value: keyOf({ category, name }),
      label: name,
      note: `${category} · ${formatCount(events)}`,
    })),
    ...whole.map((category) => ({
      value: keyOf({ category, name: '' }),
      label: `All of ${category}`,
      note: 'category',
    })),
  ];
}
