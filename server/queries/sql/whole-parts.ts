import { HOUR_US, MINUTE_US } from '../../common/units.ts';
import type { TimeRange } from './time-windows.ts';

/** A range in parts that the tables of counts have whole, and what is left at its ends. */
export interface WholeParts {
  /** Whole hours; undefined when there are none. */
  readonly hours: TimeRange | undefined;
  /** Whole minutes before and after those hours. */
  readonly minutes: readonly TimeRange[];
  /** Less than a minute each. */
  readonly rest: readonly TimeRange[];
}

/** The parts are apart from each other and together they are the range. */
export function wholeParts(range: TimeRange): WholeParts {
  const { whole: hours, ends } = cut(range, HOUR_US);
  const cutEnds = ends.map((end) => cut(end, MINUTE_US));
  return {
    hours,
    minutes: cutEnds.flatMap(({ whole }) => (whole === undefined ? [] : [whole])),
    rest: cutEnds.flatMap((end) => end.ends),
  };
}

function cut({ fromUs, toUs }: TimeRange, unitUs: number) {
  const [firstUs, lastUs] = [Math.ceil(fromUs / unitUs) * unitUs, Math.floor(toUs / unitUs) * unitUs];
  if (firstUs >= lastUs) return { whole: undefined, ends: fromUs < toUs ? [{ fromUs, toUs }] : [] };
  const ends = [
    { fromUs, toUs: firstUs },
    { fromUs: lastUs, toUs },
  ];
  return { whole: { fromUs: firstUs, toUs: lastUs }, ends: ends.filter((end) => end.fromUs < end.toUs) };
}
