import { formatCount } from '../../text/format.ts';
import { countByReason, REASONS, reasonWords } from './reasons.ts';
import { filtered, rejectedLink, type RejectedState } from './rejected-state.ts';
import type { RejectedAnswer } from './rejection.tsx';

export interface ReasonChoiceProps {
  readonly state: RejectedState;
  /** The page that is shown, once it is there. */
  readonly answer: RejectedAnswer | undefined;
}

/** Links to the rejections of each reason, and how many of those that are shown it has. */
export function ReasonChoice({ state, answer }: ReasonChoiceProps) {
  const counts = countByReason(answer?.rejected ?? []);
  const isCounted = state.reason === '' && answer !== undefined && answer.rejected.length > 0;
  const known = new Set([...REASONS.map(({ id }) => id), ...counts.keys()]);
  if (state.reason !== '') known.add(state.reason);
  return (
    <div class="reasons">
      <nav aria-label="Reasons">
        <ul>
          <li>
            <a
              class="chip"
              href={rejectedLink(filtered(state, { reason: '' }))}
              aria-current={state.reason === '' ? 'true' : undefined}
            >
              All reasons
            </a>
          </li>
          {[...known].map((id) => (
            <li key={id}>
              <a
                class="chip"
                href={rejectedLink(filtered(state, { reason: id }))}
                aria-current={state.reason === id ? 'true' : undefined}
                title={reasonWords(id).meaning}
              >
                {reasonWords(id).label.slice(0, 40)}
                {isCounted && <span class="chip-count">{formatCount(counts.get(id) ?? 0)}</span>}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {isCounted && <p class="section-note">{scopeOf(state, answer)}</p>}
    </div>
  );
}

/** What the counts are of: there is no count of everything, so that nobody takes these for it. */
function scopeOf({ cursor }: RejectedState, { rejected, next_cursor }: RejectedAnswer): string {
  const shown = formatCount(rejected.length);
  if (cursor === '' && next_cursor === null) return `Counted over all ${shown} that these filters find.`;
  return `Counted over the ${shown} on this page, not over all.`;
}
