import type { Position } from './cursor.ts';
import type { Order, TimeRange } from './time-windows.ts';

/** A part of a WHERE clause, with the values that it names as parameters. */
export interface Condition {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Later than any event, and early enough for ClickHouse to find its month. */
export const END_US = Date.UTC(2299, 0, 1) * 1000;

/** All of them together; of none, that any row may be meant. */
export function allOf(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.length === 0 ? '1' : conditions.map(({ sql }) => sql).join('\n  AND '),
    params: Object.assign({}, ...conditions.map(({ params }) => params)),
  };
}

/** That columns have these values. A column whose value is undefined may have any. */
export function columnsAre(values: Readonly<Record<string, string | undefined>>): Condition[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => ({ sql: `${column} = {${column}:String}`, params: { [column]: value } }));
}

/** That a column has one of these values. */
export function isOneOf(column: string, values: readonly string[] | undefined): Condition[] {
  if (values === undefined) return [];
  return [{ sql: `${column} IN {${column}s:Array(String)}`, params: { [`${column}s`]: values } }];
}

/**
 * That a time is within a range. An end that is no limit is not compared with: of ten million rows that takes a third of the
 * time of counting them by a path.
 * @param prefix of the names of the parameters, which must differ within a query
 */
export function isWithin(column: string, { fromUs, toUs }: TimeRange, prefix = ''): Condition[] {
  const [from, to] = [`${prefix}from_us`, `${prefix}to_us`];
  return [
    ...(fromUs <= 0 ? [] : [{ sql: `${column} >= ${timeParameter(from)}`, params: { [from]: fromUs } }]),
    ...(toUs >= END_US ? [] : [{ sql: `${column} < ${timeParameter(to)}`, params: { [to]: toUs } }]),
  ];
}

/**
 * That a row comes after a position in its order. Holds for any row when there is no position.
 * @param times the columns of the order, before `event_id`
 */
export function isAfter(
  position: Position | undefined,
  order: Order,
  times: readonly ('timestamp' | 'received_at')[] = ['timestamp', 'received_at'],
): Condition[] {
  if (position === undefined) return [];
  const places = times.map((column) => timeParameter(`after_${column}_us`));
  return [
    {
      sql: `(${times.join(', ')}, event_id) ${order === 'asc' ? '>' : '<'} (${places.join(', ')}, {after_event_id:String})`,
      params: {
        after_timestamp_us: position.timestampUs,
        after_received_at_us: position.receivedAtUs,
        after_event_id: position.eventId,
      },
    },
  ];
}

function timeParameter(name: string): string {
  return `fromUnixTimestamp64Micro({${name}:Int64}, 'UTC')`;
}
