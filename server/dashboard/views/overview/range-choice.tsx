import { useState } from 'preact/hooks';
import { Field } from '../../components/field.tsx';
import { linkTo } from '../../location.ts';
import { useService } from '../../service.ts';
import { ROLLING, fixedRange, inputValue, type Bounds, type Range, type RangeErrors } from './range.ts';

export interface RangeChoiceProps {
  readonly range: Range;
  /** The hours of the range now, in milliseconds. */
  readonly bounds: Bounds;
}

/** Links to the usual ranges, and a form for any other. */
export function RangeChoice({ range, bounds }: RangeChoiceProps) {
  const isFixed = range.kind === 'fixed';
  return (
    <div class="range">
      <nav class="segments" aria-label="Range of the chart">
        {ROLLING.map(({ id, label }, index) => (
          <a
            key={id}
            href={linkTo(undefined, index === 0 ? {} : { range: id })}
            aria-current={range.kind === 'rolling' && range.id === id ? 'true' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <details class="range-other" open={isFixed}>
        <summary>Other hours</summary>
        <RangeForm bounds={bounds} />
      </details>
    </div>
  );
}

function RangeForm({ bounds }: { readonly bounds: Bounds }) {
  const { navigation, announce } = useService();
  const [errors, setErrors] = useState<RangeErrors>({});
  // What stood here when the form appeared: a new hour must not overwrite what the reader types.
  const [initial] = useState(bounds);

  const submit = (form: HTMLFormElement) => {
    const values = new FormData(form);
    const { range, errors: found } = fixedRange(text(values, 'from'), text(values, 'to'));
    setErrors(found);
    if (range?.kind !== 'fixed') return;
    const [from = '', to = ''] = [range.fromMs, range.toMs].map((ms) => `${inputValue(ms)}Z`);
    navigation.navigate(linkTo(undefined, { from, to }));
    announce('The chart shows the hours that you chose.');
  };

  return (
    <form
      class="range-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      <Field label="From (UTC)" error={errors.from}>
        {(attributes) => (
          <input
            {...attributes}
            type="datetime-local"
            step={3600}
            name="from"
            defaultValue={inputValue(initial.fromMs)}
          />
        )}
      </Field>
      <Field label="To, not included (UTC)" error={errors.to}>
        {(attributes) => (
          <input
            {...attributes}
            type="datetime-local"
            step={3600}
            name="to"
            defaultValue={inputValue(initial.toMs)}
          />
        )}
      </Field>
      <button type="submit" class="button">
        Show
      </button>
    </form>
  );
}

function text(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === 'string' ? value : '';
}
