import { linkToQuestion, type TopQuestion } from './question.ts';
import { COLUMNS, WINDOWS } from './words.ts';

/** Links to what is asked most: the same question, by something else or over another time. */
export function QuickChoice({ question }: { readonly question: TopQuestion }) {
  return (
    <div class="top-choice">
      <nav class="segments" aria-label="Count by">
        {COLUMNS.map(({ by, label }) => (
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
