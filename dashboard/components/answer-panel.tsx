import type { ComponentChildren } from 'preact';
import type { Answer } from '../hooks/use-answer.ts';
import { ErrorPanel, LoadingPanel, StaleNotice } from './state-panels.tsx';

export interface AnswerPanelProps<T> {
  readonly answer: Answer<T>;
  /** What is asked for, in the middle of a sentence: `the hourly counts`. */
  readonly what: string;
  /** Whether there is nothing in an answer. */
  readonly isEmpty?: (value: T) => boolean;
  /** What to show then: an `EmptyPanel`. */
  readonly empty?: ComponentChildren;
  readonly children: (value: T) => ComponentChildren;
}

/** Shows an answer in whichever state it is: loading, failed, not permitted, empty, or there. */
export function AnswerPanel<T>({ answer, what, isEmpty, empty, children }: AnswerPanelProps<T>) {
  if (answer.state === 'loading') return <LoadingPanel what={what} />;
  if (answer.state === 'failed') return <ErrorPanel error={answer.error} what={what} retry={answer.retry} />;
  const { value, error, isOfBefore } = answer;
  return (
    <div class="answer" aria-busy={isOfBefore}>
      {error !== undefined && <StaleNotice error={error} />}
      {isEmpty?.(value) === true ? empty : children(value)}
    </div>
  );
}
