import type { KnownName } from '../api/questions.ts';
import { formatCount } from '../text/format.ts';
import { Combobox } from './combobox.tsx';
import type { Option } from './options.ts';
import type { Names } from './suggestions.ts';
import { chosenEvent, keyOf, labelOf, type Of } from './event-key.ts';

export interface EventChoiceProps {
  readonly label: string;
  readonly names: Names;
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
  const known = names.known ?? [];
  const wholes = takesCategories ? wholeCategories(known) : [];
  return (
    <Combobox
      label={label}
      value={keyOf(value)}
      valueLabel={labelOf(value, known)}
      options={names.known && optionsOf(known, wholes.length > 1 ? wholes : [])}
      problem={names.problem}
      placeholder={placeholder}
      error={error}
      takesAny
      onChoose={(text) => onChoose(chosenEvent(text, known, [value, ...wholes]))}
    />
  );
}

function wholeCategories(names: readonly KnownName[]): Of[] {
  return [...new Set(names.map(({ category }) => category))].map((category) => ({ category, name: '' }));
}

function optionsOf(names: readonly KnownName[], wholes: readonly Of[]): Option[] {
  return [
    ...names.map(({ category, name, events }) => ({
      value: keyOf({ category, name }),
      label: name,
      note: `${category} · ${formatCount(events)}`,
    })),
    ...wholes.map((whole) => ({ value: keyOf(whole), label: labelOf(whole, names), note: 'category' })),
  ];
}
