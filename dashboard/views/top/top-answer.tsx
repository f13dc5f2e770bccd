import { EmptyPanel, ErrorPanel, LoadingPanel, StaleNotice } from '../../components/state-panels.tsx';
import type { StreamState, TopList } from '../../api/stream.ts';
import { FIRST_QUESTION, linkToQuestion, linkToStart, sameQuestion, type TopQuestion } from './question.ts';
import { TopTable } from './top-table.tsx';

export interface TopAnswerProps {
  readonly question: TopQuestion;
  readonly status: StreamState;
  readonly list: TopList | undefined;
  readonly isHeld: boolean;
  readonly retry: () => void;
}

/** The list in whichever state its stream is. */
export function TopAnswer({ question, status, list, isHeld, retry }: TopAnswerProps) {
  if (status.state === 'ended') {
    const isWrong = status.error.issues.length > 0;
    return isWrong ? <WrongQuestion /> : <ErrorPanel error={status.error} what="the list" retry={retry} />;
  }
  const error = status.state === 'unavailable' && !isHeld ? status.error : undefined;
  if (list === undefined) {
    if (error === undefined) return <LoadingPanel what="the list" />;
    return <ErrorPanel error={error} what="the list" retry={retry} />;
  }
  return (
    <div class={error === undefined ? 'answer' : 'answer top-stale'}>
      {error !== undefined && <StaleNotice error={error} />}
      {list.top.length === 0 ? <NothingMatches question={question} /> : <TopTable question={question} list={list} />}
    </div>
  );
}

/** The fields of the form have the rest. */
function WrongQuestion() {
  return (
    <EmptyPanel title="There is no answer to this question">
      <p>
        The fields above say what is wrong with it. <a href={linkToStart()}>Start over</a>
      </p>
    </EmptyPanel>
  );
}

function NothingMatches({ question }: { readonly question: TopQuestion }) {
  return (
    <EmptyPanel title="No events match">
      <p>
        What arrives from now on and matches is here within two seconds.{' '}
        {question.window !== '' && <a href={linkToQuestion({ ...question, window: '' })}>Look at events of all time</a>}
        {question.window === '' && !sameQuestion(question, FIRST_QUESTION) && <a href={linkToStart()}>Start over</a>}
      </p>
    </EmptyPanel>
  );
}
