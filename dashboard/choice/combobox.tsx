import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Field } from '../components/filters/field.tsx';
import { StoredText } from '../components/stored-text.tsx';
import { narrowed, withTyped, type Option } from './options.ts';
import './choice.css';

export interface ComboboxProps {
  readonly label: string;
  readonly value: string;
  /** What the value is called, where that is not in the options. */
  readonly valueLabel?: string;
  /** Undefined until they are known. */
  readonly options: readonly Option[] | undefined;
  /** Why they are not known. */
  readonly problem?: string | undefined;
  readonly onChoose: (value: string) => void;
  /** Called when the reader first wants to see them. */
  readonly onOpen?: () => void;
  readonly placeholder?: string;
  /** Whether anything else can be typed. */
  readonly takesAny?: boolean;
  /** Whether what was typed does not count when the field is left without Enter: where that is to cancel, or to go elsewhere. */
  readonly forgetsTyped?: boolean;
  /** Whether it takes the focus and shows its suggestions as soon as it is there: the reader has asked for it. */
  readonly opensAtOnce?: boolean;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
}

/** A field with suggestions: a click shows all, typing narrows them, arrow keys and Enter choose. */
export function Combobox(props: ComboboxProps) {
  const { label, value, options, problem, placeholder = 'Any', error, hint } = props;
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useList(props, input);
  const { isOpen, typed, shown, active } = list;
  const current = props.valueLabel ?? options?.find((option) => option.value === value)?.label ?? value;
  const activeId = isOpen && shown[active] !== undefined ? `${listId}-${active}` : undefined;
  return (
    <Field label={label} error={error} hint={hint}>
      {(attributes) => (
        <div class="combobox">
          <input
            {...attributes}
            ref={input}
            role="combobox"
            aria-expanded={isOpen}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={activeId}
            value={typed ?? current}
            placeholder={placeholder}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            onClick={list.open}
            onInput={(event) => list.type(event.currentTarget.value)}
            onKeyDown={list.onKey}
            onBlur={list.leave}
          />
          {value !== '' && !isOpen && (
            <button type="button" class="combobox-clear" aria-label={`Clear ${label}`} onClick={list.clear}>
              ×
            </button>
          )}
          <div id={listId} class="combobox-list" role="listbox" aria-label={label} hidden={!isOpen}>
            {isOpen &&
              shown.map((option, index) => (
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the keys are those of the field
                <div
                  key={option.value}
                  id={`${listId}-${index}`}
                  role="option"
                  aria-selected={index === active}
                  tabIndex={-1}
                  // The field keeps the focus.
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => list.choose(option.value)}
                >
                  <span class="one-line">
                    <StoredText text={option.label} />
                  </span>
                  {option.note !== undefined && <small>{option.note}</small>}
                </div>
              ))}
            {isOpen && (shown.length === 0 || problem !== undefined) && (
              <div role="option" aria-disabled="true" aria-selected="false" class="combobox-none">
                {problem ?? (options === undefined ? 'Looking…' : 'Nothing like this is known')}
              </div>
            )}
          </div>
        </div>
      )}
    </Field>
  );
}

function useList(
  { options = [], onChoose, onOpen, takesAny = false, forgetsTyped = false, opensAtOnce = false, value }: ComboboxProps,
  input: { readonly current: HTMLInputElement | null },
) {
  const [isOpen, setIsOpen] = useState(false);
  const [typed, setTyped] = useState<string>();
  const [active, setActive] = useState(-1);
  const found = narrowed(options, typed ?? '');
  const shown = isOpen ? (takesAny ? withTyped(found, (typed ?? '').trim()) : found) : [];
  const open = () => {
    if (isOpen) return;
    onOpen?.();
    setIsOpen(true);
    setActive(-1);
    input.current?.select();
  };
  useEffect(() => {
    if (!opensAtOnce) return;
    input.current?.focus();
    open();
    // oxlint-disable-next-line react/exhaustive-deps -- once, when it appears
  }, []);
  const close = () => {
    setIsOpen(false);
    setTyped(undefined);
  };
  const choose = (chosen: string) => {
    close();
    if (chosen !== value) onChoose(chosen);
  };
  // The button that clears goes, and the focus would go with it.
  const clear = () => {
    choose('');
    input.current?.focus();
  };
  const move = (by: number) => {
    open();
    const next = Math.min(shown.length - 1, Math.max(0, active + by));
    setActive(next);
    document
      .getElementById(`${input.current?.getAttribute('aria-controls')}-${next}`)
      ?.scrollIntoView({ block: 'nearest' });
  };
  const enter = (): boolean => {
    const chosen = shown[active === -1 && typed !== undefined ? 0 : active];
    if (typed === '' && active === -1) choose('');
    else if (chosen !== undefined)
      choose(takesAny && active === -1 && typed !== undefined ? typed.trim() : chosen.value);
    else if (isOpen) close();
    else return false;
    return true;
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Escape' && isOpen) close();
    else if (event.key !== 'Enter' || !enter()) return;
    event.preventDefault();
  };
  const type = (text: string) => {
    if (!isOpen) onOpen?.();
    setIsOpen(true);
    setTyped(text);
    setActive(-1);
  };
  // What was typed and may be any counts also without Enter.
  const leave = () => {
    if (takesAny && !forgetsTyped && typed !== undefined && typed.trim() !== value) choose(typed.trim());
    else close();
  };
  return { isOpen, typed, shown, active, open, choose, clear, onKey, type, leave };
}
