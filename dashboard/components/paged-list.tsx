import type { ComponentChildren } from 'preact';
import type { PagedAnswer } from '../hooks/use-paged-answer.ts';
import { AnswerPanel } from './answer-panel.tsx';
import { Notice } from './notice.tsx';
import { Pager } from './pager.tsx';
import { RefusedFilters } from './filters/refused-filters.tsx';

export interface PagedListProps<T> {
  readonly page: PagedAnswer<T>;
  /** Above the list. */
  readonly title: string;
  /** Which ones it has, beside the title. */
  readonly note?: ComponentChildren;
  /** What is asked for, in the middle of a sentence: `the events`. */
  readonly what: string;
  /** What of the link is not used, and what is shown instead. */
  readonly problem: string | undefined;
  /** The parameters that have a field, where the service's message about them stands. */
  readonly fields: readonly string[];
  readonly cursor: string;
  /** The link to the page at a cursor. */
  readonly linkTo: (cursor: string) => string;
  readonly isEmpty: (value: T) => boolean;
  readonly empty: ComponentChildren;
  /** What stands on the last page instead of a link to the next. */
  readonly end: string;
  readonly children: (value: T) => ComponentChildren;
}

/** One page of a list in whichever state it is, and the way to the others. */
export function PagedList<T>(props: PagedListProps<T>) {
  const { page, title, note, what, problem, fields, cursor, linkTo, isEmpty, empty, end, children } = props;
  const { answer, current, number = 1, previous, next, heading, refresh } = page;
  const first = cursor === '' ? undefined : linkTo('');
  return (
    <section aria-labelledby="list">
      <div class="section-head">
        <h2 id="list" ref={heading} tabIndex={-1}>
          {number > 1 ? `${title}, page ${number}` : title}
        </h2>
        {note !== undefined && <span class="section-note">{note}</span>}
        <button type="button" class="button button-small section-action" onClick={refresh}>
          Refresh
        </button>
      </div>
      {problem !== undefined && <Notice>{problem}</Notice>}
      <RefusedFilters error={answer.state === 'failed' ? answer.error : undefined} fields={fields} firstPage={first}>
        <AnswerPanel answer={answer} what={what} isEmpty={isEmpty} empty={empty}>
          {children}
        </AnswerPanel>
      </RefusedFilters>
      {current !== undefined && !isEmpty(current) && (
        <Pager
          first={first}
          previous={previous === undefined ? undefined : linkTo(previous)}
          next={next === undefined ? undefined : linkTo(next)}
          end={end}
        />
      )}
    </section>
  );
}
