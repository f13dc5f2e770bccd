import { StoredLine } from '../components/stored-text.tsx';
import { Change } from './change.tsx';
import { formatCount } from '../text/format.ts';
import type { ChartData } from './chart-data.ts';

/** Which line is which, with its total over the range. */
export function Legend({ data }: { readonly data: ChartData }) {
  return (
    <ul class="legend" aria-label="Series">
      {data.lines.map((line, at) => (
        <li key={String(line.key)} class={`series series-${at % 6}`}>
          <svg class="line-sample" viewBox="0 0 24 8" width="24" height="8" aria-hidden="true">
            <path class={`mark-line dash-${Math.floor(at / 6)}`} d="M1 4h22" />
          </svg>
          <StoredLine text={line.label} />
          <strong class="count">{formatCount(line.total)}</strong>
          <Change count={line.total} before={line.before?.total} />
        </li>
      ))}
    </ul>
  );
}
