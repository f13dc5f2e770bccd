import { formatCount } from '../../text/format.ts';
import { useAnswer } from '../../hooks/use-answer.ts';

interface CategoriesAnswer {
  readonly categories: readonly { readonly category: string; readonly events: number }[];
}

/** More than anyone reads through; the rest can be typed. */
const MAX_OPTIONS = 500;

/** The categories that there are, as suggestions. Without an answer there are none, and any can be typed. */
export function CategoryOptions() {
  const answer = useAnswer<CategoriesAnswer>('/categories');
  if (answer.state !== 'ready') return null;
  const known = answer.value.categories.toSorted((a, b) => b.events - a.events).slice(0, MAX_OPTIONS);
  return (
    <>
      {known.map(({ category, events }) => (
        <option key={category} value={category}>
          {formatCount(events)} events
        </option>
      ))}
    </>
  );
}
