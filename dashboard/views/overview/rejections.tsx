import { stretchParameters } from '../../api/questions.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useIsOf } from '../../hooks/use-is-of.ts';
import type { useRange } from '../../hooks/use-range.ts';
import { linkTo } from '../../state/location.ts';
import { formatCount } from '../../text/format.ts';
import { withQuery } from '../../text/query.ts';
import { DAY_MS } from '../../text/zoned.ts';

const EVERY_MS = 10_000;
/** The service removes rejections that are older. */
const KEPT_DAYS = 30;

/** How many rejections there were, as far as they are kept; nothing where there were none. */
export function Rejections({ range: { bounds, nowMs } }: { readonly range: ReturnType<typeof useRange> }) {
  const { asked, words } = bounds;
  const stretch = stretchParameters(asked);
  const path = withQuery('/events/rejected/summary', { limit: '1', ...stretch });
  const answer = useAnswer<{ readonly total: number }>(path, { everyMs: EVERY_MS });
  const isCurrent = useIsOf(words, answer);
  const total = answer.state === 'ready' && isCurrent ? answer.value.total : 0;
  if (total > 0) {
    const isPartlyKept = asked.fromMs < nowMs - KEPT_DAYS * DAY_MS;
    return (
      <p class="rejections-note">
        {isPartlyKept && 'At least '}
        <a href={linkTo('rejected', { from: stretch.from, to: stretch.to })}>
          {formatCount(total)} {total === 1 ? 'rejection' : 'rejections'}
        </a>{' '}
        {words}
        {isPartlyKept && `: those of the last ${KEPT_DAYS} days are kept`}.
      </p>
    );
  }
  const isFailing = answer.state !== 'loading' && answer.error !== undefined;
  return isFailing ? <p class="rejections-note">Whether events were rejected is not known now.</p> : null;
}
