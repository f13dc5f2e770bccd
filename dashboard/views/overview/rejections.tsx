import { questionPath, stretchParameters } from '../../api/questions.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { linkTo } from '../../state/location.ts';
import type { Bounds } from '../../state/range.ts';
import { formatCount } from '../../text/format.ts';

const EVERY_MS = 10_000;

/** How many events were not accepted; nothing where all were. */
export function Rejections({ bounds: { asked, words } }: { readonly bounds: Bounds }) {
  const stretch = stretchParameters(asked);
  const path = questionPath('/events/rejected/summary', { limit: '1', ...stretch });
  const answer = useAnswer<{ readonly total: number }>(path, { everyMs: EVERY_MS });
  if (answer.state !== 'ready' || answer.value.total === 0) return null;
  const { total } = answer.value;
  return (
    <p class="rejections-note">
      <a href={linkTo('rejected', { from: stretch.from, to: stretch.to })}>
        {formatCount(total)} {total === 1 ? 'event was' : 'events were'} rejected
      </a>{' '}
      {words}.
    </p>
  );
}
