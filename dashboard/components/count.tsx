import { formatCount } from '../text/format.ts';
import { StoredLine } from './stored-text.tsx';

/** A count, with its digits grouped, and all of one width so that nothing moves when it changes. */
export function Count({ value }: { readonly value: number }) {
  return <span class="count">{formatCount(value)}</span>;
}

export interface BarsProps {
  /** The greatest first. */
  readonly entries: readonly { readonly key: string; readonly count: number }[];
  readonly hrefOf: (key: string) => string;
}

/** Keys that lead on, each with its count and a bar for its share of the greatest. */
export function Bars({ entries, hrefOf }: BarsProps) {
  return (
    <ol class="bars">
      {entries.map(({ key, count }) => (
        <li key={key} style={{ '--share': String(count / (entries[0]?.count ?? 1)) }}>
          <a href={hrefOf(key)}>
            <StoredLine text={key} />
          </a>
          <Count value={count} />
        </li>
      ))}
    </ol>
  );
}
