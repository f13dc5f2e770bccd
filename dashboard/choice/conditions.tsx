import { useEffect, useRef, useState } from 'preact/hooks';
import { StoredText } from '../components/stored-text.tsx';
import { conditionOf } from '../text/data-path.ts';
import { Combobox } from './combobox.tsx';
import { PathChoice, pathLabel } from './path-choice.tsx';
import type { Of } from './event-key.ts';
import { useValues } from './suggestions.ts';

export interface ConditionsProps {
  /** Each `path:value`; all must hold. */
  readonly where: readonly string[];
  readonly of: Of;
  readonly onChange: (where: readonly string[]) => void;
  readonly error?: string | undefined;
}

/** Which values of the payload are looked for: those that are, and the way to add one. */
export function Conditions({ where, of, onChange, error }: ConditionsProps) {
  const [path, setPath] = useState<string>();
  const adder = useRef<HTMLButtonElement>(null);
  const isAdding = path !== undefined;
  const wasAddingRef = useRef(isAdding);
  // What had the focus is gone.
  useEffect(() => {
    if (wasAddingRef.current && !isAdding) adder.current?.focus();
    wasAddingRef.current = isAdding;
  }, [isAdding]);
  const add = (value: string) => {
    const isNew = value !== '' && !where.includes(`${path}:${value}`);
    setPath(undefined);
    if (isNew) onChange([...where, `${path}:${value}`]);
  };
  return (
    <div class="conditions" role="group" aria-label="Where">
      {where.map((condition) => (
        <ConditionChip
          key={condition}
          condition={condition}
          onRemove={() => {
            onChange(where.filter((one) => one !== condition));
            adder.current?.focus();
          }}
        />
      ))}
      {path === undefined ? (
        <button ref={adder} type="button" class="button button-small" onClick={() => setPath('')}>
          + Filter
        </button>
      ) : (
        <div class="condition-form">
          <PathChoice
            label="Filter by"
            of={of}
            value={path}
            onChoose={setPath}
            isOfData
            opensAtOnce
            forgetsTyped
            placeholder="A value in the data"
          />
          {path !== '' && <ValueChoice key={path} path={path} of={of} onChoose={add} />}
          <button type="button" class="button button-small button-quiet" onClick={() => setPath(undefined)}>
            Cancel
          </button>
        </div>
      )}
      {error !== undefined && <p class="field-error">{error}</p>}
    </div>
  );
}

interface ValueChoiceProps {
  readonly path: string;
  readonly of: Of;
  readonly onChoose: (value: string) => void;
}

function ValueChoice({ path, of, onChoose }: ValueChoiceProps) {
  return (
    <Combobox
      label={`${pathLabel(path)} is`}
      value=""
      {...useValues(path, of)}
      onChoose={onChoose}
      placeholder="Choose a value"
      opensAtOnce
      takesAny
      forgetsTyped
    />
  );
}

function ConditionChip({ condition, onRemove }: { readonly condition: string; readonly onRemove: () => void }) {
  const { path, value } = conditionOf(condition);
  return (
    <span class="chip">
      <span class="one-line">
        {pathLabel(path)}: <StoredText text={value} />
      </span>
      <button type="button" class="chip-remove" aria-label={`Remove the filter ${condition}`} onClick={onRemove}>
        ×
      </button>
    </span>
  );
}
