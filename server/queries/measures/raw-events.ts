import type { DataPath } from '../../events/data/data-path.ts';
import { queryRows } from '../../clickhouse/query.ts';
import { IDENTITY } from '../copies.ts';
import { countRows, countWithin, hoursAround, isOfHours, readCopies, type Copies } from '../copies-of-hours.ts';
import type { Counting } from '../counted/grown-hours.ts';
import type { Condition } from '../sql/conditions.ts';
import type { EventFilters } from '../sql/event-filters.ts';
import { parametersOf, readEvents, type Reading } from '../sql/readings.ts';

/** What is read of events, one by one, and grouped. */
export interface RawEvents {
  readonly filters: EventFilters;
  /** All that `columns` reads. */
  readonly paths: readonly DataPath[];
  /** What of an event is grouped: SQL, by the name under which `group` finds it. */
  readonly columns: (reading: Pick<Reading, 'textAt'>) => Readonly<Record<string, string>>;
  /**
   * A SELECT that groups, asked for several parts of the events.
   * @param columns SQL for each of the names
   * @param from `FROM … WHERE …`, which may be followed by an AND
   */
  readonly group: (columns: Readonly<Record<string, string>>, from: string) => string;
}

/** How often a question is asked again because events were stored meanwhile. */
const ROUNDS = 3;

/**
 * Asks about events of the raw table, in which an event may have copies. Rows are read as if each were an event; nearly
 * always they are: then there are as many as identities were counted before, and those can only have become more. Otherwise
 * it is asked again, and of the hours that have copies only the first received is read.
 * @param ask makes the query of the groups of all parts, joined with UNION ALL
 * @throws what `queryRows` throws
 */
export async function askEvents<Row extends object>(
  counting: Counting,
  events: RawEvents,
  ask: (groups: Condition) => Condition,
): Promise<Row[]> {
  const { nodes, bounds } = counting;
  const hours = hoursAround(events.filters);
  let copies: Copies = { hoursS: [], others: await countWithin(counting, events.filters, hours) };
  for (let round = 0; round < ROUNDS; round += 1) {
    const { sql, params } = ask(groupsOf(events, copies.hoursS));
    // From the same snapshot of the table.
    const raw = countRows(events.filters, hours, copies.hoursS);
    const query = `SELECT *, (${raw.sql}) AS raw_rows FROM (${sql})`;
    const rows = await queryRows<Row & RawRows>(nodes, query, { ...params, ...raw.params }, bounds);
    if (rows[0] === undefined || Number(rows[0].raw_rows) === copies.others) return rows;
    copies = await readCopies(counting, events.filters, hours);
  }
  const { sql, params } = ask(groupsOf(events, 'all'));
  return await queryRows<Row>(nodes, sql, params, bounds);
}

interface RawRows {
  readonly raw_rows: string | number;
}

function groupsOf(events: RawEvents, copied: readonly number[] | 'all'): Condition {
  if (copied === 'all') return firstReceived(events, { sql: '1', params: {} });
  if (copied.length === 0) return allRows(events, { sql: '1', params: {} });
  const ofCopied = isOfHours(copied);
  const [rows, firsts] = [
    allRows(events, { ...ofCopied, sql: `NOT (${ofCopied.sql})` }),
    firstReceived(events, ofCopied),
  ];
  return { sql: `${rows.sql}\n      UNION ALL\n${firsts.sql}`, params: { ...rows.params, ...firsts.params } };
}

/** Grouped over `events` itself, so that on a cluster each shard groups its own. */
function allRows({ filters, paths, columns, group }: RawEvents, condition: Condition): Condition {
  const { sql, params } = readEvents(filters, paths, (reading) =>
    group(columns(reading), `${reading.from} AND ${condition.sql}`),
  );
  return { sql, params: { ...params, ...condition.params } };
}

/** Of rows with one identity the first received; the filters are about that one. */
function firstReceived({ filters, paths, columns, group }: RawEvents, condition: Condition): Condition {
  const { where = [], ...others } = filters;
  const read = [...paths, ...where.map(({ path }) => path)];
  const names = Object.keys(columns({ textAt: () => 'NULL' }));
  const rows = readEvents(others, read, (reading) => {
    const values = Object.values(columns(reading)).map((value, index) => `${value} AS ${names[index]}`);
    return `SELECT ${IDENTITY}, received_at, ${[...values, `${reading.hold(where)} AS holds`].join(', ')}
      ${reading.from} AND ${condition.sql}`;
  });
  const from = `
      FROM (
        SELECT ${[...names, 'holds'].map((name, index) => `first.${index + 1} AS ${name}`).join(', ')}
        FROM (SELECT argMin((${[...names, 'holds'].join(', ')}), received_at) AS first FROM (${rows.sql}) GROUP BY ${IDENTITY})
      )
      WHERE holds`;
  return {
    sql: group(Object.fromEntries(names.map((name) => [name, name])), from),
    params: { ...rows.params, ...parametersOf(where), ...condition.params },
  };
}
