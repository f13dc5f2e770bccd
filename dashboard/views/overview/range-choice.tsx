import { useState } from 'preact/hooks';
import { Field } from '../../components/filters/field.tsx';
import { linkTo } from '../../state/location.ts';
import { useService } from '../../api/service.ts';
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
        <RangeForm rangeId={isFixed ? JSON.stringify(range) : range.id} bounds={bounds} />
      </details>
    </div>
  );
}

interface Typed {
  /** The range that was shown meanwhile; once another is, what was typed is gone. */
  readonly rangeId: string;
  readonly from: string;
  readonly to: string;
  readonly errors: RangeErrors;
}

function RangeForm({ rangeId, bounds }: { readonly rangeId: string; readonly bounds: Bounds }) {
  const { navigation, announce } = useService();
  const [typed, setTyped] = useState<Typed>();
  const { from, to, errors } = typed?.rangeId === rangeId ? typed : untouched(rangeId, bounds);
  const change = (values: Partial<Typed>) => setTyped({ rangeId, from, to, errors, ...values });

  const submit = () => {
    const { range, errors: found } = fixedRange(from, to);
    change({ errors: found });
    if (range?.kind !== 'fixed') return;
    navigation.navigate(linkTo(undefined, { from: inputValue(range.fromMs), to: inputValue(range.toMs) }));
    announce('The chart shows the hours that you chose.');
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
      <Field label="From (UTC)" error={errors.from}>
        {(attributes) => (
          <input
            {...attributes}
            type="datetime-local"
            step={3600}
            value={from}
            onInput={(event) => change({ from: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="To, not included (UTC)" error={errors.to}>
        {(attributes) => (
          <input
            {...attributes}
            type="datetime-local"
            step={3600}
            value={to}
            onInput={(event) => change({ to: event.currentTarget.value })}
          />
        )}
      </Field>
      <button type="submit" class="button">
        Show
      </button>
    </form>
  );
}

function untouched(rangeId: string, { fromMs, toMs }: Bounds): Typed {
  return { rangeId, from: inputValue(fromMs), to: inputValue(toMs), errors: {} };
}
