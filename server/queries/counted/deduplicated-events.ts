import { queryRows } from '../../clickhouse/query.ts';
import { HOUR_S, HOUR_US, SECOND_US } from '../../common/units.ts';
import type { DataPath } from '../../events/data/data-path.ts';
import { ALL_HOURS, areSelected, type HoursBetween, type Selection } from './grown-hours.ts';
import type { Counting } from './grown-hours.ts';
import { wholeFromS } from './whole-raw.ts';
import { IDENTITY } from '../sql/columns.ts';
import { allOf, isWithin, type Condition } from '../sql/conditions.ts';
import type { EventFilters } from '../sql/event-filters.ts';
import { parametersOf, readEvents, type Reading, type Selects } from '../sql/readings.ts';

/**
 * The one way to group events of the raw table, in which an event may have copies: by identity, whatever arrives meanwhile.
 */

/** What is read of events, one by one, and grouped. */
export interface RawEvents {
  readonly filters: EventFilters;
  /** All that `columns` reads. */
  readonly paths: readonly DataPath[];
  /** What of an event is grouped: SQL, by the name under which `group` finds it. */
  readonly columns: (reading: Pick<Reading, 'textAt' | 'hold'>) => Readonly<Record<string, string>>;
  /**
   * A SELECT that groups, asked for several parts of the events.
   * @param columns SQL for each of the names
   * @param from `FROM … WHERE …`, which may be followed by an AND
   */
  readonly group: (columns: Readonly<Record<string, string>>, from: string) => string;
  /** SQL that holds for every row that `group` keeps, so that an index finds them; copies of those may be others. */
  readonly rowFilter?: string | undefined;
  /** One row may keep another from being grouped: finding nothing may be the doing of a copy. */
  readonly areRivals?: boolean | undefined;
}

/** How often a question is asked again because events were stored meanwhile. */
const ROUNDS = 3;
/** Events are stored twice a second. */
const MOMENT_MS = 100;
/** So many hours are named in a query; more, and all of them are taken for hours with copies. */
const MAX_NAMED = 2000;

/**
 * Groups events by identity. Rows are read as if each were an event; nearly always they are: then there are as many as
 * identities were counted before, and those can only have become more. Otherwise it is asked again, and of the hours that
 * have copies only the first received is read; so it is from the beginning of hours of which raw events may be gone, where
 * the two numbers say nothing.
 * @param ask makes the query of the groups of all parts
 * @throws what `queryRows` throws
 */
export async function askEvents<Row extends object>(
  counting: Counting,
  events: RawEvents,
  ask: (groups: Selects) => Condition,
): Promise<Row[]> {
  const { nodes, bounds } = counting;
  const { older, hours } = byWholeness(counting, hoursAround(events.filters));
  const isNoneWhole = hours.fromS === hours.toS;
  const identities = isNoneWhole ? NONE : await readIdentities(counting, events.filters, hours);
  let copies: Copies = { hoursS: [], others: sumOf([...identities.values()]) };
  for (let round = 0; ; round += 1) {
    const { hoursS } = copies;
    const areAll = isNoneWhole || round === ROUNDS || hoursS.length > MAX_NAMED;
    const { sql, params } = ask(groupsOf(events, areAll ? 'all' : [...older, ...areOfHours(hoursS)]));
    // From the same snapshot of the table; of shards, a moment before.
    const raw = countRows(events.filters, hours, areAll ? [] : hoursS);
    const query = `SELECT *, assumeNotNull((${raw.sql})) AS raw_rows FROM (${sql})`;
    const rows = await queryRows<Row & RawRows>(nodes, query, { ...params, ...raw.params }, bounds);
    if (areAll || (rows.length === 0 && events.areRivals !== true)) return rows;
    const rawRows = rows[0]?.raw_rows ?? (await readRawRows(counting, { sql, params }, raw));
    const isAnswer = rawRows === copies.others;
    if (isAnswer && (counting.hasShards !== true || (await countAgain(counting, raw)) === copies.others)) return rows;
    const stored = await readStored(counting, events.filters, hours);
    const then = await readIdentities(counting, events.filters, hours);
    // The second time, hours are taken for such with copies that only grow: where events come all the time, they are never
    // counted at the moment at which they are read.
    copies = copiesBetween(round === 0 ? identities : then, stored, then);
  }
}

interface RawRows {
  readonly raw_rows: number;
}

/** How many rows there are where nothing was found; undefined if something is by now. */
async function readRawRows({ nodes, bounds }: Counting, nothing: Condition, raw: Condition) {
  // Again in one query: between two, a merge could take a copy away.
  const query = `SELECT count() AS found, assumeNotNull((${raw.sql})) AS raw_rows FROM (${nothing.sql})`;
  const params = { ...nothing.params, ...raw.params };
  const [row] = await queryRows<RawRows & { readonly found: number }>(nodes, query, params, bounds);
  return row?.found === 0 ? row?.raw_rows : undefined;
}

async function countAgain({ nodes, bounds }: Counting, raw: Condition): Promise<number> {
  const [row] = await queryRows<RawRows>(nodes, `SELECT assumeNotNull((${raw.sql})) AS raw_rows`, raw.params, bounds);
  return row?.raw_rows ?? NaN;
}

/** @param apart which events may have copies: any of these, or all */
function groupsOf(events: RawEvents, apart: readonly Condition[] | 'all'): Selects {
  if (apart === 'all') return firstReceived(events, EVERY);
  if (apart.length === 0) return allRows(events, EVERY);
  const mayBeCopied = { ...allOf(apart), sql: apart.map(({ sql }) => sql).join(' OR ') };
  const [rows, firsts] = [
    allRows(events, { ...mayBeCopied, sql: `NOT (${mayBeCopied.sql})` }),
    firstReceived(events, { ...mayBeCopied, sql: `(${mayBeCopied.sql})` }),
  ];
  return {
    sql: `${rows.sql}\n      UNION ALL\n${firsts.sql}`,
    params: { ...rows.params, ...firsts.params },
    selects: rows.selects + firsts.selects,
  };
}

const EVERY: Condition = { sql: '1', params: {} };

/** Grouped over `events` itself, so that on a cluster each shard groups its own. */
function allRows({ filters, paths, columns, group, rowFilter = '1' }: RawEvents, only: Condition): Selects {
  const read = readEvents(filters, paths, (reading) =>
    group(columns(reading), `${reading.from} AND ${rowFilter} WHERE ${only.sql}`),
  );
  return { ...read, params: { ...read.params, ...only.params } };
}

/** Of rows with one identity the first received; the filters are about that one. */
function firstReceived({ filters, paths, columns, group }: RawEvents, only: Condition): Selects {
  const { where = [], ...others } = filters;
  const read = [...paths, ...where.map(({ path }) => path)];
  const names = Object.keys(columns({ textAt: () => 'NULL', hold: () => '1' }));
  const rows = readEvents(others, read, (reading) => {
    const values = Object.values(columns(reading)).map((value, index) => `${value} AS ${names[index]}`);
    return `SELECT ${IDENTITY}, received_at, ${[...values, `${reading.hold(where)} AS holds`].join(', ')}
      ${reading.from} AND ${only.sql}`;
  });
  const from = `
      FROM (
        SELECT ${[...names, 'holds'].map((name, index) => `first.${index + 1} AS ${name}`).join(', ')}
        FROM (SELECT argMin((${[...names, 'holds'].join(', ')}), received_at) AS first FROM (${rows.sql}) GROUP BY ${IDENTITY})
      )
      WHERE holds`;
  return {
    sql: group(Object.fromEntries(names.map((name) => [name, name])), from),
    params: { ...rows.params, ...parametersOf(where), ...only.params },
    selects: 1,
  };
}

/** What is known of the copies in a range. */
interface Copies {
  /** The hours that have any, in seconds since the epoch. */
  readonly hoursS: readonly number[];
  /** How many rows the other hours have, by now: as many as events. */
  readonly others: number;
}

/**
 * Which hours have copies, or rows that are gone: those that have not as many rows as there were identities before, or after,
 * or in between, because events came meanwhile.
 */
function copiesBetween(before: Counts, stored: Counts, after: Counts): Copies {
  const isCopied = (hourS: number, rows: number) => rows < (before.get(hourS) ?? 0) || rows > (after.get(hourS) ?? 0);
  const hoursS = [...stored].filter(([hourS, rows]) => isCopied(hourS, rows)).map(([hourS]) => hourS);
  const others = new Map([...after].filter(([hourS]) => stored.has(hourS)));
  for (const hourS of hoursS) others.delete(hourS);
  return { hoursS, others: sumOf([...others.values()]) };
}

/** By the beginning of an hour, in seconds since the epoch. */
type Counts = ReadonlyMap<number, number>;
const NONE: Counts = new Map();

/** In the raw table itself: after a crash between it and the tables of counts, it has rows that those never got. */
async function readStored(counting: Counting, selection: Selection, hours: HoursBetween): Promise<Counts> {
  const { sql, params } = rowsAre(selection, hours);
  const query = `
    SELECT toUnixTimestamp(toStartOfHour(timestamp, 'UTC')) AS hour_s, count() AS stored
    FROM events WHERE ${sql} GROUP BY hour_s`;
  const rows = await queryRows<StoredRow>(counting.nodes, query, params, counting.bounds);
  return new Map(rows.map(({ hour_s, stored }) => [hour_s, stored]));
}

interface StoredRow {
  readonly hour_s: number;
  readonly stored: number;
}

/** The identities of each hour, as of a moment ago. If the first count took long, it is counted again: that one is quick. */
async function readIdentities(counting: Counting, selection: Selection, hours: HoursBetween): Promise<Counts> {
  const startedMs = performance.now();
  const read = async () => counting.known.read(counting, selectionOf(selection), hours);
  const identities = await read();
  return performance.now() - startedMs < MOMENT_MS ? identities : await read();
}

/** A SELECT of the number of rows of the raw table, without those of some hours. */
function countRows(selection: Selection, hours: HoursBetween, withoutS: readonly number[]): Condition {
  const { sql, params } = rowsAre(selection, hours);
  const [left] = areOfHours(withoutS);
  if (left === undefined) return { sql: `SELECT count() FROM events WHERE ${sql}`, params };
  return {
    sql: `SELECT count() FROM events WHERE ${sql} AND NOT (${left.sql})`,
    params: { ...params, ...left.params },
  };
}

function rowsAre(selection: Selection, { fromS, toS }: HoursBetween): Condition {
  const range = { fromUs: fromS * SECOND_US, toUs: toS * SECOND_US };
  return allOf([...areSelected(selection), ...isWithin('timestamp', range, 'rows_')]);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function selectionOf({ application, category, name, names }: Selection) {
  return { application, category, name, names };
}

/** The whole hours that hold a range; all of them where it has no end. */
function hoursAround({ fromUs = 0, toUs }: EventFilters): HoursBetween {
  const toS = toUs === undefined ? ALL_HOURS.toS : Math.min(ALL_HOURS.toS, Math.ceil(toUs / HOUR_US) * HOUR_S);
  return { fromS: Math.min(Math.floor(fromUs / HOUR_US) * HOUR_S, toS), toS };
}

/** Those of the hours that raw has whole, and that an event is older than these, where any may be. */
function byWholeness(counting: Counting, { fromS, toS }: HoursBetween) {
  const wholeS = Math.min(Math.max(fromS, wholeFromS(counting)), toS);
  const older = wholeS === fromS ? [] : isWithin('timestamp', { fromUs: 0, toUs: wholeS * SECOND_US }, 'older_');
  return { older, hours: { fromS: wholeS, toS } };
}

/** That an event is of one of these hours; no condition for none. */
function areOfHours(hoursS: readonly number[]): Condition[] {
  if (hoursS.length === 0) return [];
  return [
    {
      sql: `toStartOfHour(timestamp, 'UTC') IN (SELECT toDateTime(arrayJoin({copied_hours:Array(UInt32)}), 'UTC'))`,
      params: { copied_hours: hoursS },
    },
  ];
}
