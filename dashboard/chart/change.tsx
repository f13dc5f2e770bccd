import { formatChange, formatCount } from '../text/format.ts';

/** How a total differs from that of the period before, in words. */
export function Change({ count, before }: { readonly count: number; readonly before: number | undefined }) {
  if (before === undefined) return null;
  const change = formatChange(count, before);
  if (change === undefined) return <span class="change">{count === 0 ? 'none before' : 'new, none before'}</span>;
  const sign = count > before ? '▲' : count < before ? '▼' : '=';
  return (
    <span class="change" title={`${formatCount(before)} before`}>
      <span aria-hidden="true">{sign} </span>
      {change} <span class="change-words">against {formatCount(before)} before</span>
    </span>
  );
}
