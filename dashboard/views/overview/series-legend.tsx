import { formatCount } from '../../text/format.ts';
import type { HourCounts } from '../../text/hours.ts';
import { SERIES, type SeriesId } from './series.ts';

export interface SeriesLegendProps {
  readonly hours: readonly HourCounts[];
  readonly hidden: ReadonlySet<SeriesId>;
  readonly onChange: (hidden: ReadonlySet<SeriesId>) => void;
}

/** Names the lines of the chart, and hides or shows each. */
export function SeriesLegend({ hours, hidden, onChange }: SeriesLegendProps) {
  const toggle = (id: SeriesId) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <div class="legend" role="group" aria-label="Lines of the chart">
      {SERIES.map(({ id, label, dash }) => (
        <button key={id} type="button" aria-pressed={!hidden.has(id)} onClick={() => toggle(id)}>
          <svg class={`line-sample line-${id}`} viewBox="0 0 22 4" width="22" height="4" aria-hidden="true">
            <path d="M1 2h20" stroke-dasharray={dash.join(' ')} />
          </svg>
          {label} <span class="legend-note">{summary(hours, id)}</span>
        </button>
      ))}
    </div>
  );
}

/** Users of several hours may be the same ones: their counts have a peak, and no sum. */
function summary(hours: readonly HourCounts[], id: SeriesId): string {
  const counts = hours.map((hour) => hour[id]);
  if (id === 'unique_users') return `at most ${formatCount(Math.max(0, ...counts))} an hour`;
  return `${formatCount(counts.reduce((sum, count) => sum + count, 0))} in all`;
}
