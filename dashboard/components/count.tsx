import { formatCount } from '../text/format.ts';

/** A count, with its digits grouped, and all of one width so that nothing moves when it changes. */
export function Count({ value }: { readonly value: number }) {
  return <span class="count">{formatCount(value)}</span>;
}
