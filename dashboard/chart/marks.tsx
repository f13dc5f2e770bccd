import { linePath, type Point } from './scale.ts';
import type { ChartData, Line } from './chart-data.ts';

export interface Plane {
  /** The middle of an interval. */
  readonly x: (index: number) => number;
  /** The height of a count. */
  readonly y: (value: number) => number;
  /** Of an interval. */
  readonly step: number;
}

export interface MarksProps {
  readonly data: ChartData;
  readonly plane: Plane;
}

/** A line each; what is of the period before is thin and dotted, and what is not over yet is dashed. */
export function LineMarks({ data, plane }: MarksProps) {
  return (
    <>
      {data.lines.map((line, at) => (
        <g key={String(line.key)} class={`series series-${at % 6}`}>
          {line.before !== undefined && (
            <path class="mark-line mark-before" d={pathOf(line.before.values.slice(0, data.times.length), plane)} />
          )}
          <LineMark line={line} data={data} plane={plane} at={at} />
        </g>
      ))}
    </>
  );
}

function LineMark({ line, data, plane, at }: MarksProps & { readonly line: Line; readonly at: number }) {
  const count = line.values.length;
  const sure = data.isUnfinished ? line.values.slice(0, -1) : line.values;
  const points = pointsOf(line.values, plane);
  return (
    <>
      <path class={`mark-line dash-${Math.floor(at / 6)}`} d={pathOf(sure, plane)} />
      {data.isUnfinished && <path class="mark-line mark-unfinished" d={linePath(points.slice(-2))} />}
      {count === 1 && points[0] !== undefined && <circle cx={points[0][0]} cy={points[0][1]} r="3" />}
    </>
  );
}

/** Bars side by side; one that is not over yet is only outlined. */
export function BarMarks({ data, plane }: MarksProps) {
  const { lines } = data;
  const width = Math.max(1, (plane.step * 0.76) / Math.max(1, lines.length));
  const ground = plane.y(0);
  return (
    <>
      {lines.map((line, at) => {
        const shift = (at - lines.length / 2) * width;
        return (
          <g key={String(line.key)} class={`series series-${at % 6}`}>
            {line.values.map((value, index) => {
              const isLast = data.isUnfinished && index === line.values.length - 1;
              const before = line.before?.values[index];
              const x = plane.x(index) + shift;
              return (
                <g key={index}>
                  <rect
                    class={isLast ? 'mark-bar mark-unfinished' : 'mark-bar'}
                    x={x}
                    y={plane.y(value)}
                    width={Math.max(1, width - 1)}
                    height={Math.max(0, ground - plane.y(value))}
                  />
                  {before !== undefined && <path class="mark-tick" d={`M${x} ${plane.y(before)}h${width - 1}`} />}
                </g>
              );
            })}
          </g>
        );
      })}
    </>
  );
}

function pointsOf(values: readonly number[], { x, y }: Plane): Point[] {
  return values.map((value, index) => [x(index), y(value)]);
}

function pathOf(values: readonly number[], plane: Plane): string {
  return linePath(pointsOf(values, plane));
}
