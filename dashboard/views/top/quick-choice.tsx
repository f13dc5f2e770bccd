import { useService } from '../../api/service.ts';
import { PathChoice } from '../../choice/path-choice.tsx';
import { linkToQuestion, type TopQuestion } from './question.ts';
import { COLUMNS, WINDOWS } from './words.ts';

export interface QuickChoiceProps {
  readonly question: TopQuestion;
  /** What the service says is wrong with what is counted by. */
  readonly error: string | undefined;
}

/** Links to what is asked most: the same question, by something else or over another time. */
export function QuickChoice({ question, error }: QuickChoiceProps) {
  const { navigation } = useService();
  return (
    <div class="top-choice">
      <PathChoice
        label="By"
        of={question}
        value={question.by}
        placeholder="Name"
        error={error}
        onChoose={(path) => navigation.navigate(linkToQuestion({ ...question, by: path || 'name' }))}
      />
      <nav class="segments" aria-label="Count by">
        {COLUMNS.map(({ value: by, label }) => (
          <a key={by} href={linkToQuestion({ ...question, by })} aria-current={question.by === by ? 'true' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <nav class="pills" aria-label="Time">
        {WINDOWS.map(({ window, label }) => (
          <a
            key={window}
            href={linkToQuestion({ ...question, window, from: '', to: '' })}
            aria-current={isOf(question, window) ? 'true' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
    </div>
  );
}

function isOf({ window, from, to }: TopQuestion, choice: string): boolean {
  return window === choice && from === '' && to === '';
}
