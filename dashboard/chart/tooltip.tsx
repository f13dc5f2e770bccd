import { StoredLine } from '../components/stored-text.tsx';
import { formatCount } from '../text/format.ts';
import type { ChartData } from './chart-data.ts';
import { fullLabel } from './time-labels.ts';

export interface TooltipProps {
  readonly data: ChartData;
  readonly index: number;
  /** Of the interval, and of the chart, in pixels. */
  readonly x: number;
  readonly width: number;
}

/** More would not fit; the table has them all. */
const MAX_LINES = 8;

/** The figures of an interval, beside the pointer: to its right, or to its left where there is no room. */
export function Tooltip({ data, index, x, width }: TooltipProps) {
  const isRight = x < width / 2;
  const style = isRight ? { left: `${x + 14}px` } : { right: `${width - x + 14}px` };
  return (
    <div class="chart-tooltip" style={style} aria-hidden="true">
      <strong>{whenOf(data, index)}</strong>
      {data.lines.slice(0, MAX_LINES).map((line, at) => (
        <div key={String(line.key)} class={`tooltip-line series series-${at % 6}`}>
          <StoredLine text={line.label} />
          <span class="count">{formatCount(line.values[index] ?? 0)}</span>
          {line.before !== undefined && (
            <span class="section-note">before {formatCount(line.before.values[index] ?? 0)}</span>
          )}
        </div>
      ))}
      {data.lines.length > MAX_LINES && <span class="section-note">and {data.lines.length - MAX_LINES} more</span>}
    </div>
  );
}

/** The same as a sentence, for those who hear it. */
export function wordsAt(data: ChartData, index: number): string {
  const figures = data.lines.map(({ label, values }) => `${label} ${formatCount(values[index] ?? 0)}`);
  return `${whenOf(data, index)}: ${figures.join(', ')}.`;
}

function whenOf(data: ChartData, index: number): string {
  const ms = data.times[index] ?? 0;
  const isSoFar = data.isUnfinished && index === data.times.length - 1;
  return `${fullLabel(ms, data.interval, data.zone)}${isSoFar ? ', so far' : ''}`;
}
