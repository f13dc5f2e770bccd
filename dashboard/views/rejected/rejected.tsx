import { PagedList } from '../../components/paged-list.tsx';
import { usePagedAnswer } from '../../hooks/use-paged-answer.ts';
import { pageAt, problemOf } from '../../state/time-filter.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { NoRejections } from './no-rejections.tsx';
import { EVERY_MS, Groups } from './groups.tsx';
import { RejectedFilters } from './rejected-filters.tsx';
import { filtered, pathOf, rejectedLink, stateOf } from './rejected-state.ts';
import { Rejection, type RejectedAnswer } from './rejection.tsx';
import './rejected.css';

/** What was sent and not accepted, with why. */
export const rejected: View = { id: 'rejected', title: 'Rejected', Content: Rejected };

/** The parameters that have a field for what the service says about them. */
const FIELDS = ['application', 'from', 'to'];

function Rejected({ query }: ViewProps) {
  const state = stateOf(query);
  const page = usePagedAnswer<RejectedAnswer>({
    filters: JSON.stringify(filtered(state, {})),
    cursor: state.cursor,
    pathOf: (nowMs) => pathOf(state, nowMs),
    // A list that somebody reads stays as it is.
    everyMs: (current) => (state.cursor === '' && current?.rejected.length === 0 ? EVERY_MS : undefined),
  });
  const { answer, nowMs } = page;
  const problem = problemOf(state);
  return (
    <>
      <section aria-label="Filters">
        <RejectedFilters state={state} issues={answer.state === 'failed' ? answer.error.issues : []} />
      </section>
      <Groups state={state} />
      <PagedList
        page={page}
        title="Rejections"
        note="the newest first, kept for 30 days"
        what="the rejected events"
        problem={problem && `${problem} These are rejections of any time.`}
        fields={FIELDS}
        cursor={state.cursor}
        linkTo={(cursor) => rejectedLink(filtered(state, pageAt(state, cursor, nowMs)))}
        isEmpty={(value) => value.rejected.length === 0}
        empty={<NoRejections state={state} />}
        end="These are the oldest."
      >
        {(value) => (
          <div class="rejections">
            {value.rejected.map((one, index) => (
              <Rejection key={`${one.received_at} ${index}`} rejected={one} />
            ))}
          </div>
        )}
      </PagedList>
    </>
  );
}
