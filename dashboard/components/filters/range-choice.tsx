import { useMemo, useState } from 'preact/hooks';
import { useService } from '../../api/service.ts';
import { useTyped } from '../../hooks/use-typed.ts';
import { useZone } from '../../hooks/use-zone.ts';
import {
  customBounds,
  inputValue,
  PRESETS,
  type RangeErrors,
  type RangeState,
  type ReadRange,
} from '../../state/range.ts';
import { withZone } from '../../state/zone.ts';
import { Field } from './field.tsx';

export interface RangeChoiceProps {
  /** As the link says. */
  readonly state: RangeState;
  readonly read: ReadRange;
  /** The link to another range. */
  readonly linkTo: (range: RangeState) => string;
}

/** Links to the usual ranges, and a form for any other. */
export function RangeChoice({ state, read, linkTo }: RangeChoiceProps) {
  const isCustom = read.preset === undefined;
  const { range, from, to } = state;
  const [{ isOpened }, change] = useTyped({ isOpened: false, range, from, to });
  return (
    <div class="range">
      <nav class="pills" aria-label="Range">
        {PRESETS.map(({ id, label }) => (
          <a
            key={id}
            href={linkTo({ range: id, from: '', to: '' })}
            aria-current={read.preset === id && !isOpened ? 'true' : undefined}
            onClick={() => change({ isOpened: false })}
          >
            {label}
          </a>
        ))}
        <button type="button" aria-pressed={isCustom || isOpened} onClick={() => change({ isOpened: !isOpened })}>
          Custom range
        </button>
      </nav>
      {read.problem !== undefined && (
        <p class="notice" role="status">
          {read.problem} This is {read.bounds.words}.
        </p>
      )}
      {(isCustom || isOpened) && <CustomRange state={state} read={read} linkTo={linkTo} />}
    </div>
  );
}

function CustomRange({ state, read, linkTo }: RangeChoiceProps) {
  const { navigation } = useService();
  const zone = useZone();
  const { fromMs, toMs } = read.bounds;
  // That of when the form was opened: the end of a preset moves, and what is typed stays.
  // oxlint-disable-next-line react/exhaustive-deps -- the times of now are not to be followed, a change of the zone is
  const usual = useMemo(() => ({ from: inputValue(fromMs, zone), to: inputValue(toMs, zone) }), [zone]);
  const shown = read.preset === undefined ? state : usual;
  const [values, change] = useTyped({ from: shown.from, to: shown.to });
  const [errors, setErrors] = useState<RangeErrors>({});
  const submit = () => {
    const found = customBounds(values.from, values.to, zone);
    setErrors('bounds' in found ? {} : found);
    // Whoever follows the link is to see the same stretch of time, wherever they are.
    if ('bounds' in found) navigation.navigate(withZone(linkTo({ range: '', ...values }), zone));
  };
  return (
    <form
      class="range-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {(['from', 'to'] as const).map((name) => (
        <Field key={name} label={name === 'from' ? 'From' : 'To, not included'} error={errors[name]}>
          {(attributes) => (
            <input
              {...attributes}
              type="datetime-local"
              value={values[name]}
              onInput={(event) => change({ [name]: event.currentTarget.value })}
            />
          )}
        </Field>
      ))}
      <button type="submit" class="button">
        Show
      </button>
    </form>
  );
}
