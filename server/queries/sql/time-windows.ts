export type Order = 'asc' | 'desc';

/** From the first microsecond up to, not including, the last; since the epoch. */
export interface TimeRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** How many rows there are between two times, both included. */
export interface Span {
  readonly firstUs: number;
  readonly lastUs: number;
  readonly rows: number;
}

const FIRST_ROWS = 500;
const GROWTH = 16;

/**
 * Cuts a range into windows to be searched one after the other until a page is full, in the order of the page. The
 * first holds about as many rows as a page needs, and each holds 16 times as many as the one before it: so the newest
 * events are found without a look at all of history, and rare ones with a handful of queries that together read little
 * more than one over everything.
 *
 * The windows cover the whole range without gaps, whatever the spans say: they only guess where rows are.
 */
export function timeWindows(range: TimeRange, order: Order, spans: readonly Span[]): readonly TimeRange[] {
  const cuts =
    order === 'asc'
      ? cutsOf(range, spans)
      : // The same, seen in a mirror.
        cutsOf({ fromUs: -range.toUs, toUs: -range.fromUs }, spans.map(mirrored)).map((cutUs) => -cutUs);
  const { fromUs, toUs } = range;
  const ends = order === 'asc' ? [fromUs, ...cuts, toUs] : [toUs, ...cuts, fromUs];
  return ends.slice(1).map((endUs, index) => {
    const startUs = ends[index] ?? endUs;
    return { fromUs: Math.min(startUs, endUs), toUs: Math.max(startUs, endUs) };
  });
}

function mirrored({ firstUs, lastUs, rows }: Span): Span {
  return { firstUs: -(lastUs + 1), lastUs: -(firstUs + 1), rows };
}

/** Where windows end, ascending and within the range. Rows are taken to be spread evenly over their span. */
function cutsOf({ fromUs, toUs }: TimeRange, spans: readonly Span[]): number[] {
  const cuts: number[] = [];
  let missing = FIRST_ROWS;
  let wanted = FIRST_ROWS;
  let atUs = fromUs;
  for (const { firstUs, lastUs, rows } of [...spans].sort((a, b) => a.firstUs - b.firstUs)) {
    const rowsPerUs = rows / (lastUs + 1 - firstUs);
    const endUs = Math.min(lastUs + 1, toUs);
    atUs = Math.max(atUs, firstUs);
    while (atUs < endUs) {
      const cutUs = atUs + Math.max(1, Math.ceil(missing / rowsPerUs));
      if (cutUs >= endUs) {
        missing -= (endUs - atUs) * rowsPerUs;
        break;
      }
      cuts.push(cutUs);
      atUs = cutUs;
      wanted *= GROWTH;
      missing = wanted;
    }
  }
  return cuts;
}
