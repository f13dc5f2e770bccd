import type { Nodes } from '../../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../../clickhouse/query.ts';
import { HOUR_US } from '../../common/units.ts';
import { allOf, columnsAre, END_US, isWithin } from '../sql/conditions.ts';
import { columnFilters, type EventFilters } from '../sql/event-filters.ts';
import type { Order, TimeRange } from '../sql/time-windows.ts';

/** An hour with more than so many times the rows wanted is cut. */
const ROUGHLY = 1.5;

/** Part of an export, and about how many rows of the same application, category and name there are in it. */
export interface ExportWindow extends TimeRange {
  readonly rows: number;
}

/**
 * Cuts a range into windows of about as many rows as are wanted, in the order of the export: hours together, or parts of
 * one. They cover the range without gaps, whatever the counts of the hours say: those only guess where rows are.
 * @param wantedRows asked before each hour; of the rows of the same application, category and name
 * @throws what `queryRows` throws
 */
export async function* exportWindows(
  nodes: Nodes,
  bounds: QueryBounds,
  filters: EventFilters,
  order: Order,
  wantedRows: () => number,
): AsyncGenerator<ExportWindow, void, undefined> {
  const { fromUs = 0, toUs = END_US } = filters;
  const hours = await rowsOfHours(nodes, bounds, filters);
  if (order === 'desc') hours.reverse();
  const ends = { from: fromUs, to: toUs };
  let rows = 0;
  /** Takes the next window off the range, up to a time in the direction of the order, with so many of the rows. */
  const upTo = (atUs: number, taken = rows): ExportWindow => {
    // The raw table may have more than the hours know.
    rows = Math.max(0, rows - taken);
    const range = order === 'asc' ? { fromUs: ends.from, toUs: atUs } : { fromUs: atUs, toUs: ends.to };
    if (order === 'asc') ends.from = atUs;
    else ends.to = atUs;
    return { ...range, rows: taken };
  };
  for (const hour of hours) {
    const wanted = wantedRows();
    const [startUs, endUs] = [Math.max(hour.startUs, fromUs), Math.min(hour.startUs + HOUR_US, toUs)];
    if (rows > 0 && rows + hour.total > wanted * ROUGHLY) yield upTo(order === 'asc' ? startUs : endUs);
    rows += hour.total;
    if (hour.total <= wanted * ROUGHLY) continue;
    const cuts = await cutsOf(nodes, bounds, { ...filters, fromUs: startUs, toUs: endUs }, wanted);
    for (const cutUs of order === 'asc' ? cuts : cuts.toReversed()) yield upTo(cutUs, wanted);
  }
  // One at least, so that an export of nothing is what an export of nothing looks like.
  yield upTo(order === 'asc' ? toUs : fromUs);
}

interface HourOfRows {
  readonly startUs: number;
  readonly total: number;
}

async function rowsOfHours(
  nodes: Nodes,
  bounds: QueryBounds,
  { application, category, name, fromUs = 0, toUs = END_US }: EventFilters,
): Promise<HourOfRows[]> {
  const { sql, params } = allOf([
    ...columnsAre({ application, category, name }),
    ...isWithin('hour', { fromUs: Math.floor(fromUs / HOUR_US) * HOUR_US, toUs }),
  ]);
  const query = `
    SELECT toUnixTimestamp(hour) * 1000000 AS startUs, sum(rows) AS total
    FROM hours WHERE ${sql} GROUP BY hour HAVING total > 0 ORDER BY hour`;
  return await queryRows<HourOfRows>(nodes, query, params, bounds);
}

/** Times with so many rows between them, ascending. */
async function cutsOf(
  nodes: Nodes,
  bounds: QueryBounds,
  { application, category, name, fromUs, toUs }: EventFilters,
  wanted: number,
): Promise<number[]> {
  const { sql, params } = columnFilters({ application, category, name, fromUs, toUs });
  const query = `
    SELECT DISTINCT toUnixTimestamp64Micro(timestamp) AS us
    FROM (SELECT timestamp FROM events PREWHERE ${sql} ORDER BY timestamp)
    WHERE rowNumberInAllBlocks() % {wanted:UInt64} = {wanted:UInt64} - 1
    ORDER BY us`;
  const rows = await queryRows<{ us: number }>(nodes, query, { ...params, wanted }, bounds);
  return rows.map(({ us }) => us);
}
