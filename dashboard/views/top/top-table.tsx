import { Count } from '../../components/count.tsx';
import { StoredText } from '../../components/stored-text.tsx';
import { withoutData } from '../../text/data-path.ts';
import { formatShare } from '../../text/format.ts';
import type { TopEntry, TopList } from '../../api/stream.ts';
import { browseLink } from './browse-link.ts';
import { shownPaths, type TopQuestion } from './question.ts';
import { useMovingRows } from './use-moving-rows.ts';
import { valueText } from './value-text.ts';
import { useTotal } from './use-total.ts';
import { countLabelOf, keyLabelOf, titleOf } from './words.ts';

export interface TopTableProps {
  readonly question: TopQuestion;
  readonly list: TopList;
}

/** The keys of a list, the greatest first, each with a bar for its share of the greatest. */
export function TopTable({ question, list }: TopTableProps) {
  const body = useMovingRows();
  const paths = shownPaths(question);
  const greatest = list.top[0]?.count ?? 1;
  const total = useTotal(question, Date.parse(list.generated_at));
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section class="table-scroll" aria-label={titleOf(question)} tabIndex={0}>
      <table class="top-table">
        <caption class="visually-hidden">{titleOf(question)}</caption>
        <thead>
          <tr>
            <th scope="col" class="top-rank">
              <span class="visually-hidden">Rank</span>
            </th>
            <th scope="col">{keyLabelOf(question)}</th>
            <th scope="col" class="number">
              {countLabelOf(question)}
            </th>
            {total !== undefined && (
              <th scope="col" class="number">
                Share
              </th>
            )}
            {paths.map((path) => (
              <th key={path} scope="col" title={path}>
                {withoutData(path)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {list.top.map((entry, index) => (
            <Row
              key={entry.key}
              entry={entry}
              rank={index + 1}
              share={entry.count / greatest}
              total={total}
              paths={paths}
              href={browseLink(question, entry.key, list.generated_at)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  readonly entry: TopEntry;
  readonly rank: number;
  /** Of the greatest count, 0 to 1. */
  readonly share: number;
  /** Of all that match; undefined while it is not known. */
  readonly total: number | undefined;
  readonly paths: readonly string[];
  readonly href: string | undefined;
}

function Row({ entry, rank, share, total, paths, href }: RowProps) {
  const key = <Value value={entry.key} />;
  return (
    <tr>
      <td class="top-rank">{rank}</td>
      <th scope="row" class="top-key" style={{ '--share': String(share) }}>
        {href === undefined ? key : <a href={href}>{key}</a>}
      </th>
      <td class="number">
        <Count value={entry.count} />
      </td>
      {total !== undefined && (
        <td class="number top-share">{formatShare(entry.count, Math.max(total, entry.count))}</td>
      )}
      {paths.map((path) => (
        <td key={path} class="top-shown">
          <Value value={entry[path]} />
        </td>
      ))}
    </tr>
  );
}

function Value({ value }: { readonly value: unknown }) {
  const { text, isQuiet } = valueText(value);
  return (
    <span class={isQuiet ? 'top-value quiet' : 'top-value'} title={text.length > 40 ? text : undefined}>
      <StoredText text={text} />
    </span>
  );
}
