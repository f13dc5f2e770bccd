import { withoutData } from '../text/data-path.ts';
import { Combobox } from './combobox.tsx';
import type { Of } from './event-key.ts';
import { MEMBERS, pathOf } from './members.ts';
import { usePaths } from './suggestions.ts';

export interface PathChoiceProps {
  readonly label: string;
  /** Whose payloads the paths are from. */
  readonly of: Of;
  readonly value: string;
  readonly onChoose: (path: string) => void;
  /** Whether only paths can be chosen, and not what every event has. */
  readonly isOfData?: boolean;
  readonly placeholder?: string;
  readonly opensAtOnce?: boolean;
  /** As in `Combobox`. */
  readonly forgetsTyped?: boolean;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
}

/** Chooses a path into the payload, of those that are seen there, or a member. */
export function PathChoice(props: PathChoiceProps) {
  const {
    label,
    of,
    value,
    onChoose,
    isOfData = false,
    placeholder = 'None',
    opensAtOnce = false,
    forgetsTyped = false,
    error,
    hint,
  } = props;
  const { options, ...asking } = usePaths(of);
  const members = isOfData ? [] : MEMBERS;
  const known = options === undefined ? (isOfData ? undefined : members) : [...options, ...members];
  return (
    <Combobox
      label={label}
      value={value}
      valueLabel={pathLabel(value)}
      options={known}
      {...asking}
      onChoose={(chosen) => onChoose(pathOf(chosen, members))}
      placeholder={placeholder}
      opensAtOnce={opensAtOnce}
      forgetsTyped={forgetsTyped}
      error={error}
      hint={hint}
      takesAny
    />
  );
}

/** What people call a path. */
export function pathLabel(path: string): string {
  return MEMBERS.find(({ value }) => value === path)?.label ?? withoutData(path);
}
