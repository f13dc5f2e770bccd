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

/** That a row of `events` comes after a position in its order. Holds for any row when there is no position. */
export function eventIsAfter(position: Position | undefined, order: Order): Condition[] {
  if (position === undefined) return [];
  const times = `${timeParameter('after_timestamp_us')}, ${timeParameter('after_received_at_us')}`;
  const place = `(${times}, {after_event_id:String})`;
  return [
    {
      sql: `(timestamp, received_at, event_id) ${comparison(order)} ${place}`,
      params: {
        after_timestamp_us: position.timestampUs,
        after_received_at_us: position.receivedAtUs,
        after_event_id: position.eventId,
      },
    },
  ];
}

/** The same for a row of `rejected_events`, which has no time but its arrival. */
export function rejectionIsBefore(position: Position | undefined): Condition[] {
  if (position === undefined) return [];
  return [
    {
      sql: `(received_at, event_id) < (${timeParameter('after_us')}, {after_event_id:String})`,
      params: { after_us: position.receivedAtUs, after_event_id: position.eventId },
    },
  ];
}

function comparison(order: Order): string {
  return order === 'asc' ? '>' : '<';
}

function timeParameter(name: string): string {
  return `fromUnixTimestamp64Micro({${name}:Int64}, 'UTC')`;
}
