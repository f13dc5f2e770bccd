import { questionPath, stretchParameters } from '../../api/questions.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { linkTo } from '../../state/location.ts';
import type { Bounds } from '../../state/range.ts';
import { formatCount } from '../../text/format.ts';

interface RejectedAnswer {
  readonly rejected: readonly unknown[];
  readonly next_cursor: string | null;
}

const MAX_COUNTED = 1000;
const EVERY_MS = 10_000;

/** How many events were not accepted; nothing where all were. */
export function Rejections({ bounds: { fromMs, toMs, isOpen, words } }: { readonly bounds: Bounds }) {
  const stretch = stretchParameters({ fromMs, toMs: isOpen ? undefined : toMs });
  const path = questionPath('/events/rejected', { limit: String(MAX_COUNTED), ...stretch });
  const answer = useAnswer<RejectedAnswer>(path, { everyMs: EVERY_MS });
  if (answer.state !== 'ready' || answer.value.rejected.length === 0) return null;
  const { rejected, next_cursor } = answer.value;
  const count = `${next_cursor === null ? '' : 'more than '}${formatCount(rejected.length)}`;
  return (
    <p class="rejections-note">
      <a href={linkTo('rejected', { from: stretch.from, to: stretch.to })}>
        {count} {rejected.length === 1 ? 'event was' : 'events were'} rejected
      </a>{' '}
      {words}.
    </p>
  );
}
