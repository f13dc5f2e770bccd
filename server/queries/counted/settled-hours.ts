import { queryRows } from '../../clickhouse/query.ts';
import {
  countedEvents,
  countedRows,
  hoursAre,
  type Counting,
  type HourKey,
  type HoursBetween,
  type Selection,
} from './grown-hours.ts';

/** More keys that have grown are not named: in number, and in characters, which travel as an address. */
const MAX_NAMED = 200;
const MAX_NAMED_CHARACTERS = 20_000;

export interface SettledHours {
  /** How many events were counted, by what they were grouped by. */
  readonly events: ReadonlyMap<number, number>;
  /** What has to be counted again, and is not among them. */
  readonly grown: readonly HourKey[];
}

/** SQL over `hour`, with its parameters. */
export interface HourGroups {
  /** A number. */
  readonly group: string;
  readonly where: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Adds up what was counted and has as many rows as it had then, and finds what has not, with one look at `hours`, where
 * `countedHours` takes two.
 * @returns undefined when too much has grown
 * @throws what `queryRows` throws
 */
export async function readSettledHours(
  { nodes, bounds }: Counting,
  selection: Selection,
  hours: HoursBetween,
  { group, where, params: own }: HourGroups,
): Promise<SettledHours | undefined> {
  const { sql, params } = hoursAre(selection, hours);
  const query = `
    SELECT
      ${group} AS grouped, toFloat64(sumIf(${countedEvents('counted_at')}, is_settled)) AS events,
      groupArrayIf(${MAX_NAMED + 1})((toUnixTimestamp(hour), application, category, name), NOT is_settled) AS grown
    FROM
    (
      SELECT
        hour, application, category, name, sum(rows) AS total, max(counted) AS counted_at,
        ${countedRows('counted_at')} = total AS is_settled
      FROM hours
      WHERE ${sql} AND ${where}
      GROUP BY hour, application, category, name
      HAVING total > 0
    )
    GROUP BY grouped`;
  const rows = await queryRows<SettledRow>(nodes, query, { ...params, ...own }, bounds);
  const grown = rows.flatMap((row) => row.grown);
  if (grown.length > MAX_NAMED || JSON.stringify(grown).length > MAX_NAMED_CHARACTERS) return undefined;
  return {
    events: new Map(rows.map(({ grouped, events }) => [Number(grouped), events])),
    grown: grown.map(([hourS, application, category, name]) => ({ hourS, application, category, name })),
  };
}

interface SettledRow {
  readonly grouped: string | number;
  readonly events: number;
  readonly grown: readonly (readonly [hourS: number, application: string, category: string, name: string])[];
}
