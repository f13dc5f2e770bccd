import { Count } from '../../components/count.tsx';
import { Notice } from '../../components/notice.tsx';
import { StoredText } from '../../components/stored-text.tsx';
import { Time } from '../../components/time.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useServiceMinute } from '../../hooks/use-service-minute.ts';
import { pinned } from '../../state/time-filter.ts';
import { formatCount } from '../../text/format.ts';
import { withQuery } from '../../text/query.ts';
import { reasonWords } from './reasons.ts';
import { filtered, rejectedLink, type RejectedState } from './rejected-state.ts';

/** The answer of `GET /events/rejected/summary`. */
export interface SummaryAnswer {
  readonly total: number;
  readonly groups: readonly Group[];
}

interface Group {
  readonly reason: string;
  readonly path: string;
  readonly message: string;
  readonly count: number;
  /** ISO 8601 */
  readonly last: string;
}

/** How often it is asked what was rejected. */
export const EVERY_MS = 10_000;
const NOTHING: SummaryAnswer = { total: 0, groups: [] };

/** What is wrong, and how often: over everything that the filters find, and not over one page. */
export function Groups({ state }: { readonly state: RejectedState }) {
  const { reason, application } = state;
  const { from, to } = pinned(state, useServiceMinute());
  const path = withQuery('/events/rejected/summary', { reason, application, from, to });
  const answer = useAnswer<SummaryAnswer>(path, { everyMs: EVERY_MS });
  const { total, groups } = answer.state === 'ready' ? answer.value : NOTHING;
  if (total === 0) {
    const isFailing = answer.state !== 'loading' && answer.error !== undefined;
    return isFailing ? <Notice>How many were rejected in all is not known now.</Notice> : null;
  }
  return (
    <section aria-labelledby="groups">
      <div class="section-head">
        <h2 id="groups">What is wrong</h2>
        <span class="section-note">
          {formatCount(total)} {total === 1 ? 'rejection' : 'rejections'} in all
        </span>
      </div>
      <ul class="rejected-groups">
        {groups.map(({ reason: id, path: where, message, count, last }, index) => (
          <li key={index}>
            <strong>
              <Count value={count} /> ×
            </strong>
            <span>
              <code>
                <StoredText text={where === '' ? 'whole event' : where} />
              </code>
              : <StoredText text={message} />
            </span>
            <a class="tag" href={rejectedLink(filtered(state, { reason: id }))} title={reasonWords(id).meaning}>
              <StoredText text={reasonWords(id).label} />
            </a>
            <span class="section-note">
              last <Time iso={last} precision="minute" zone="implied" />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
