import type { Break } from './breaks.ts';
import type { ClickHouseProcess } from '../clickhouse-process.ts';

/** What each break leaves out of which view. */
const LEFT_OUT: Readonly<Partial<Record<Break, { readonly view: string; readonly column: RegExp }>>> = {
  'view-without-ids': { view: 'minutes_view', column: /,\s*uniqExactState\(event_id, timestamp\) AS ids/ },
  'view-without-users': { view: 'hours_view', column: /,\s*uniqExactStateIf\(user, [^)]*\)*\) AS users/ },
};

/**
 * Makes the view of a migrated database leave out what the break says; for any other break it does nothing.
 * @returns makes the view whole again
 * @throws Error when the view has no such column
 */
export async function breakView(
  clickhouse: ClickHouseProcess,
  database: string,
  broken: Break | undefined,
): Promise<() => Promise<void>> {
  const leftOut = broken === undefined ? undefined : LEFT_OUT[broken];
  if (leftOut === undefined) return async () => undefined;
  const { view, column } = leftOut;
  const definition = `SELECT as_select AS query FROM system.tables WHERE database = '${database}' AND name = '${view}'`;
  const [{ query } = { query: '' }] = await clickhouse.rows<{ query: string }>(database, definition);
  if (!column.test(query)) throw new Error(`received the view ${query}, expected it to have ${column}`);
  const modify = async (select: string) => clickhouse.command(database, `ALTER TABLE ${view} MODIFY QUERY ${select}`);
  await modify(query.replace(column, ''));
  return async () => modify(query);
}
