import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Issue } from '../../api/api-error.ts';
import { Field, type ControlAttributes } from '../../components/filters/field.tsx';
import { messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { FIRST_QUESTION, detailCount, linkToQuestion, type TopQuestion } from './question.ts';
import { COLUMNS, WINDOWS } from './words.ts';

export interface QuestionFormProps {
  readonly question: TopQuestion;
  /** What the service says is wrong with this question. */
  readonly issues: readonly Issue[];
}

/** The texts of the form; `where` has a condition a line. */
type Texts = Readonly<Record<keyof TopQuestion, string>>;

/** Every parameter of the question, to be changed and then applied. */
export function QuestionForm({ question, issues }: QuestionFormProps) {
  const { navigation, announce } = useService();
  const link = linkToQuestion(question);
  const [typed, setTyped] = useState({ link, texts: textsOf(question) });
  // Once another question is shown, what was typed for the one before is gone.
  const texts = typed.link === link ? typed.texts : textsOf(question);
  const form = useRef<HTMLFormElement>(null);
  const count = detailCount(question);
  const isWrong = issues.length > 0;
  useEffect(() => {
    if (isWrong) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [isWrong, link]);

  const apply = () => {
    const next = linkToQuestion(questionOf(texts));
    if (next === link) return;
    navigation.navigate(next);
    announce('The list is asked for with your changes.');
  };

  return (
    <details class="top-details" open={isWrong}>
      <summary>Filters and columns{count > 0 && ` (${count})`}</summary>
      <form
        ref={form}
        class="top-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        <Inputs
          texts={texts}
          issues={issues}
          onChange={(name, value) => setTyped({ link, texts: { ...texts, [name]: value } })}
        />
        <div class="top-form-actions">
          <button type="submit" class="button button-primary">
            Apply
          </button>
          <a href={linkToQuestion(FIRST_QUESTION)}>Start over</a>
        </div>
      </form>
    </details>
  );
}

interface InputsProps {
  readonly texts: Texts;
  readonly issues: readonly Issue[];
  readonly onChange: (name: keyof Texts, value: string) => void;
}

interface QuestionField {
  readonly name: keyof Texts;
  readonly label: string;
  readonly hint?: string;
}

const FIELDS: readonly QuestionField[] = [
  { name: 'by', label: 'Count by', hint: 'One of the list, or a path into data' },
  { name: 'window', label: 'Time' },
  { name: 'category', label: 'Category' },
  { name: 'name', label: 'Name' },
  { name: 'unique', label: 'Only the latest of each', hint: 'A path, such as data.rsvp_id' },
  { name: 'where', label: 'Where', hint: 'path:value, one a line; all must hold' },
  { name: 'show', label: 'Also show', hint: 'Paths with commas between them' },
  { name: 'limit', label: 'Rows', hint: '1 to 100; 10 unless given' },
];

function Inputs({ texts, issues, onChange }: InputsProps) {
  const listId = useId();
  return (
    <>
      {FIELDS.map(({ name, label, hint }) => (
        <Field key={name} label={label} hint={hint} error={messageAt(issues, name)}>
          {(attributes) => (
            <Input
              attributes={attributes}
              name={name}
              listId={listId}
              value={texts[name]}
              onChange={(value) => onChange(name, value)}
            />
          )}
        </Field>
      ))}
      <datalist id={listId}>
        {COLUMNS.map(({ by, label }) => (
          <option key={by} value={by}>
            {label}
          </option>
        ))}
      </datalist>
    </>
  );
}

interface InputProps {
  readonly attributes: ControlAttributes;
  readonly name: keyof Texts;
  /** Of the suggestions for what to count by. */
  readonly listId: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Input({ attributes, name, listId, value, onChange }: InputProps) {
  const common = {
    ...attributes,
    value,
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
    onInput: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  } as const;
  if (name === 'window') return <WindowSelect {...attributes} value={value} onChange={onChange} />;
  if (name === 'where') return <textarea {...common} rows={2} />;
  return (
    <input {...common} list={name === 'by' ? listId : undefined} inputMode={name === 'limit' ? 'numeric' : undefined} />
  );
}

type WindowSelectProps = ControlAttributes & Pick<InputProps, 'value' | 'onChange'>;

/** A window that a link made up is there too, with what the service says of it. */
function WindowSelect({ value, onChange, ...attributes }: WindowSelectProps) {
  const isKnown = WINDOWS.some(({ window }) => window === value);
  return (
    <select {...attributes} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {WINDOWS.map(({ window, label }) => (
        <option key={window} value={window}>
          {label}
        </option>
      ))}
      {!isKnown && <option value={value}>{value}</option>}
    </select>
  );
}

function textsOf(question: TopQuestion): Texts {
  return { ...question, where: question.where.join('\n') };
}

function questionOf(texts: Texts): TopQuestion {
  return {
    by: texts.by.trim(),
    window: texts.window,
    // Names may have spaces around them, and are looked for as they are.
    category: texts.category,
    name: texts.name,
    unique: texts.unique.trim(),
    where: texts.where.split('\n').filter((line) => line.trim() !== ''),
    show: texts.show.replaceAll(/\s/g, ''),
    limit: texts.limit.trim(),
  };
}
