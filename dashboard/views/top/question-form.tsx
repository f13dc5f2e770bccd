import { useEffect, useRef, useState } from 'preact/hooks';
import type { Issue } from '../../api/api-error.ts';
import { messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { Conditions } from '../../choice/conditions.tsx';
import { EventChoice } from '../../choice/event-choice.tsx';
import { MEASURES } from '../../choice/measures.ts';
import { PathChoice } from '../../choice/path-choice.tsx';
import { useNames } from '../../choice/suggestions.ts';
import { SelectField } from '../../components/filters/select-field.tsx';
import { withoutData } from '../../text/data-path.ts';
import { detailCount, linkToQuestion, linkToStart, shownPaths, type TopQuestion } from './question.ts';

export interface QuestionFormProps {
  readonly question: TopQuestion;
  /** What the service says is wrong with this question. */
  readonly issues: readonly Issue[];
}

const LIMITS = ['5', '10', '20', '50', '100'].map((id) => ({ id, label: id }));

/** Every parameter of the question. Each choice counts at once. */
export function QuestionForm({ question, issues }: QuestionFormProps) {
  const { navigation, announce } = useService();
  const form = useRef<HTMLDivElement>(null);
  const count = detailCount(question);
  const isWrong = issues.length > 0;
  const [isOpened, setIsOpened] = useState(false);
  const link = linkToQuestion(question);
  useEffect(() => {
    if (isWrong) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [isWrong, link]);
  const show = (change: Partial<TopQuestion>) => {
    navigation.navigate(linkToQuestion({ ...question, ...change }));
    announce('The list is asked for with your changes.');
  };
  return (
    <div ref={form}>
      <Conditions
        where={question.where}
        of={question}
        error={messageAt(issues, 'where')}
        onChange={(where) => show({ where })}
      />
      <details
        class="top-details"
        // It stays where the last detail is removed in it.
        open={isOpened || isWrong || count > 0}
        onToggle={(event) => setIsOpened(event.currentTarget.open)}
      >
        <summary>Filters and columns{count > 0 && ` (${count})`}</summary>
        <div class="question">
          <Fields question={question} issues={issues} show={show} />
          <a href={linkToStart()}>Start over</a>
        </div>
      </details>
    </div>
  );
}

interface FieldsProps extends QuestionFormProps {
  readonly show: (change: Partial<TopQuestion>) => void;
}

function Fields({ question, issues, show }: FieldsProps) {
  const names = useNames();
  const columns = useRef<HTMLDivElement>(null);
  const { measure, category, name, unique, limit } = question;
  const shown = shownPaths(question);
  const errorOf = (parameter: string) => messageAt(issues, parameter);
  return (
    <div class="question-fields">
      <SelectField
        label="Count"
        value={measure || 'events'}
        choices={MEASURES}
        error={errorOf('measure')}
        onChoose={(id) => show({ measure: id === 'events' ? '' : id })}
      />
      <EventChoice
        label="Event"
        names={names}
        value={{ category, name }}
        error={errorOf('name') ?? errorOf('category') ?? errorOf('window') ?? errorOf('from') ?? errorOf('to')}
        onChoose={(event) => show({ ...event })}
      />
      <PathChoice
        label="Only the latest of each"
        of={question}
        value={unique}
        isOfData
        error={errorOf('unique')}
        onChoose={(path) => show({ unique: path })}
      />
      <div ref={columns}>
        <PathChoice
          label="Also show"
          of={question}
          value=""
          isOfData
          placeholder="Add a column"
          error={errorOf('show')}
          onChoose={(path) => show({ show: [...shown, path].join(',') })}
        />
        {shown.map((path) => (
          <span key={path} class="chip">
            <span class="one-line">{withoutData(path)}</span>
            <button
              type="button"
              class="chip-remove"
              aria-label={`Remove the column ${path}`}
              onClick={() => {
                show({ show: shown.filter((one) => one !== path).join(',') });
                columns.current?.querySelector('input')?.focus();
              }}
            >
              ×
            </button>
          </span>
        ))}
      </div>
      <SelectField
        label="Rows"
        value={limit || '10'}
        choices={LIMITS}
        error={errorOf('limit')}
        onChoose={(id) => show({ limit: id === '10' ? '' : id })}
      />
    </div>
  );
}
