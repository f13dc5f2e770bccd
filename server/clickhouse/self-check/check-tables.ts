import type { AdminNode } from '../admin-node.ts';
import { rowsOf } from '../client.ts';
import { expectedTables, SYNCED, type ExpectedTable } from './expected-tables.ts';
import { blockingFinding, missing, type Finding } from './finding.ts';

/** Whether the tables have the columns, types and settings that rows are written for; the part that is cheap. */
export async function checkTables({ client, layout }: AdminNode): Promise<readonly Finding[]> {
  const expected = expectedTables(layout);
  const names = { names: expected.map(({ name }) => name) };
  const tables = await rowsOf<FoundTable>(
    client,
    `SELECT name, engine, engine_full AS engineFull, sorting_key AS sortingKey, database
     FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}`,
    names,
  );
  const columns = await rowsOf<FoundColumn>(
    client,
    `SELECT table, name, type
     FROM system.columns WHERE database = currentDatabase() AND table IN {names:Array(String)}`,
    names,
  );
  const defaults = await rowsOf<Setting>(
    client,
    'SELECT name, value FROM system.merge_tree_settings WHERE name IN {names:Array(String)}',
    { names: SYNCED },
  );
  return expected.flatMap((expected) => {
    const found = tables.find(({ name }) => name === expected.name);
    if (found === undefined) return [missing('table', expected.name, expected.migration)];
    return [
      ...wrongEngine(found, expected),
      ...wrongColumns(found, columns, expected),
      ...wrongSortingKey(found, expected),
      ...wrongShardingKey(found, expected),
      ...wrongSettings(found, defaults),
    ];
  });
}

interface FoundTable {
  readonly name: string;
  readonly database: string;
  readonly engine: string;
  readonly engineFull: string;
  readonly sortingKey: string;
}

interface FoundColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

interface Setting {
  readonly name: string;
  readonly value: string;
}

function wrongEngine({ name, engine }: FoundTable, expected: ExpectedTable): Finding[] {
  if (engine === expected.engine) return [];
  const fix = `move the rows into a table made by ${expected.migration}`;
  return [blockingFinding(`the engine of ${name}`, engine, expected.engine, fix)];
}

function wrongSortingKey({ name, engine, sortingKey }: FoundTable, expected: ExpectedTable): Finding[] {
  if (engine === 'Distributed' || sortingKey === expected.sortingKey) return [];
  const fix = `move the rows into a table made by ${expected.migration}`;
  return [blockingFinding(`the sorting key of ${name}`, sortingKey, expected.sortingKey, fix)];
}

function wrongShardingKey(found: FoundTable, { shardingKey, migration }: ExpectedTable): Finding[] {
  const { name, engine, engineFull } = found;
  if (engine !== 'Distributed' || shardingKey === undefined || engineFull.endsWith(`, ${shardingKey})`)) return [];
  const fix = `DROP TABLE ${name} on this node (it holds no rows itself), and make it as in ${migration}`;
  return [blockingFinding(`the sharding key of ${name}`, engineFull, shardingKey, fix)];
}

function wrongColumns(
  { name: table, database }: FoundTable,
  columns: readonly FoundColumn[],
  expected: ExpectedTable,
): Finding[] {
  const types = new Map(columns.filter((column) => column.table === table).map(({ name, type }) => [name, type]));
  return Object.entries(expected.columns).flatMap(([column, type]) => {
    const found = types.get(column);
    if (found === type) return [];
    const verb = found === undefined ? 'ADD' : 'MODIFY';
    const fix = `npm run migrate; if nothing is pending there: ALTER TABLE ${database}.${table} ${verb} COLUMN ${column} ${type}, as in ${expected.migration}`;
    return [blockingFinding(`the column ${table}.${column}`, found ?? 'nothing', type, fix)];
  });
}

/** A table has a setting of its own, or the server's. */
function wrongSettings(
  { name: table, database, engine, engineFull }: FoundTable,
  defaults: readonly Setting[],
): Finding[] {
  if (engine === 'Distributed') return [];
  return SYNCED.flatMap((setting) => {
    const own = new RegExp(`\\b${setting} = (\\w+)`).exec(engineFull)?.[1];
    const found = own ?? defaults.find(({ name }) => name === setting)?.value ?? 'nothing';
    if (found === '1' || found === 'true') return [];
    const fix = `ALTER TABLE ${database}.${table} MODIFY SETTING ${setting} = 1`;
    return [blockingFinding(`the setting ${setting} of ${table}`, found, '1', fix)];
  });
}
