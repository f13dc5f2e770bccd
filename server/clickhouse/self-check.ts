import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { messageOf } from '../errors.ts';
import type { ClickHouseClient } from './client.ts';
import { classify, codeOf } from './errors.ts';
import {
  expectedTables,
  expectedView,
  leastSettings,
  MAX_CLOCK_DIFFERENCE_MS,
  MEASURED_VERSION,
  SHIPPED_TABLES,
  type ExpectedTable,
} from './expected-tables.ts';
import { insertSettings } from './insert-settings.ts';
import type { Nodes } from './nodes.ts';
import type { Layout } from './topology.ts';

/** Something in ClickHouse that is not as the guarantees need it. */
export interface Finding {
  /** `refuse`: shipping could lose or double rows, or lose columns. `warn`: it cannot, but a person should know. */
  readonly severity: 'refuse' | 'warn';
  readonly what: string;
  readonly found: string;
  readonly expected: string;
  /** The SQL or command that mends it. */
  readonly mend: string;
}

/** A node to look at. */
export interface CheckedNode {
  /** Of the admin, who may read the system tables. */
  readonly admin: ClickHouseClient;
  readonly layout: Layout;
  readonly nowMs: () => number;
}

/**
 * Compares everything on one node that the guarantees rest on with what they need.
 * @returns what is wrong; nothing when all is well
 * @throws what ClickHouse or the network answers when the questions themselves fail
 */
export async function checkNode(node: CheckedNode): Promise<readonly Finding[]> {
  return [...(await checkServer(node)), ...(await checkTables(node)), ...(await checkView(node))];
}

/** Whether the user that inserts may do so as it needs to. */
export async function checkInserts(ingest: Nodes): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const table of SHIPPED_TABLES) {
    findings.push(...(await ingest.use(async (client) => checkInsert(client, table))));
  }
  return findings;
}

/** Whether the tables have the columns, types and settings that rows are written for; the part that is cheap. */
export async function checkTables({
  admin,
  layout,
}: Pick<CheckedNode, 'admin' | 'layout'>): Promise<readonly Finding[]> {
  const expected = expectedTables(layout);
  const names = { names: expected.map(({ name }) => name) };
  const tables = await rowsOf<FoundTable>(
    admin,
    `SELECT name, engine, engine_full AS engineFull, database
     FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}`,
    names,
  );
  const columns = await rowsOf<FoundColumn>(
    admin,
    `SELECT table, name, type
     FROM system.columns WHERE database = currentDatabase() AND table IN {names:Array(String)}`,
    names,
  );
  const defaults = await rowsOf<Setting>(
    admin,
    'SELECT name, value FROM system.merge_tree_settings WHERE name IN {names:Array(String)}',
    { names: expected.flatMap(({ engine }) => Object.keys(leastSettings(engine))) },
  );
  return expected.flatMap((expected) => {
    const found = tables.find(({ name }) => name === expected.name);
    if (found === undefined) return [missing('table', expected.name, expected.migration)];
    return [
      ...wrongEngine(found, expected),
      ...wrongColumns(found, columns, expected),
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
  const mend = `move the rows into a table made by ${expected.migration}`;
  return [refusal(`the engine of ${name}`, engine, expected.engine, mend)];
}

function wrongShardingKey(found: FoundTable, { shardingKey, migration }: ExpectedTable): Finding[] {
  const { name, engine, engineFull } = found;
  if (engine !== 'Distributed' || shardingKey === undefined || engineFull.endsWith(`, ${shardingKey})`))
    return [];
  const mend = `DROP TABLE ${name} on this node (it holds no rows itself), and make it as in ${migration}`;
  return [refusal(`the sharding key of ${name}`, engineFull, shardingKey, mend)];
}

function wrongColumns(
  { name: table, database }: FoundTable,
  columns: readonly FoundColumn[],
  expected: ExpectedTable,
): Finding[] {
  const types = new Map(
    columns.filter((column) => column.table === table).map(({ name, type }) => [name, type]),
  );
  return Object.entries(expected.columns).flatMap(([column, type]) => {
    const found = types.get(column);
    if (found === type) return [];
    const verb = found === undefined ? 'ADD' : 'MODIFY';
    const mend = `npm run migrate; if nothing is pending there: ALTER TABLE ${database}.${table} ${verb} COLUMN ${column} ${type}, as in ${expected.migration}`;
    return [refusal(`the column ${table}.${column}`, found ?? 'nothing', type, mend)];
  });
}

/** A table has a setting of its own, or the server's. */
function wrongSettings(
  { name: table, database, engine, engineFull }: FoundTable,
  defaults: readonly Setting[],
): Finding[] {
  return Object.entries(leastSettings(engine)).flatMap(([setting, least]) => {
    const own = new RegExp(`\\b${setting} = (\\w+)`).exec(engineFull)?.[1];
    const found = own ?? defaults.find(({ name }) => name === setting)?.value ?? 'nothing';
    if (Number(found === 'true' ? 1 : found) >= least) return [];
    const mend = `ALTER TABLE ${database}.${table} MODIFY SETTING ${setting} = ${least}`;
    return [refusal(`the setting ${setting} of ${table}`, found, `${least} or more`, mend)];
  });
}

async function checkServer({ admin, nowMs }: CheckedNode): Promise<Finding[]> {
  const askedMs = nowMs();
  const [row] = await rowsOf<{ version: string; nowMs: string }>(
    admin,
    'SELECT version() AS version, toString(toUnixTimestamp64Milli(now64(3))) AS nowMs',
  );
  const version = row?.version ?? 'nothing';
  const findings: Finding[] = [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [year, release] = MEASURED_VERSION;
  if (major < year || (major === year && minor < release)) {
    const mend =
      'install a newer ClickHouse: it was not measured that an older one counts what is sent again once';
    findings.push(refusal("ClickHouse's version", version, `${year}.${release} or later`, mend));
  }
  const answeredMs = nowMs();
  const aheadMs = Math.round(Number(row?.nowMs) - (askedMs + answeredMs) / 2);
  // Half of the time that the question took is what the comparison cannot know.
  if (Math.abs(aheadMs) > MAX_CLOCK_DIFFERENCE_MS + Math.abs(answeredMs - askedMs) / 2) {
    const expected = `at most ${MAX_CLOCK_DIFFERENCE_MS} ms either way`;
    const mend =
      'let both machines follow a time server (NTP); received_at in the rows is this machine’s time';
    const found = `${aheadMs} ms`;
    findings.push({ severity: 'warn', what: "how far ClickHouse's clock is ahead", found, expected, mend });
  }
  return findings;
}

async function checkView({ admin, layout }: CheckedNode): Promise<Finding[]> {
  const { name, from, to, migration } = expectedView(layout);
  const [view] = await rowsOf<{ database: string; engine: string; query: string; feeds: number }>(
    admin,
    `SELECT
        database, engine, create_table_query AS query,
        name IN (SELECT arrayJoin(dependencies_table) FROM system.tables WHERE database = currentDatabase() AND name = {from:String}) AS feeds
     FROM system.tables WHERE database = currentDatabase() AND name = {name:String}`,
    { name, from },
  );
  const again = `${migration}; then npm run verify -- --repair, because it missed what was stored meanwhile`;
  if (view === undefined) return [missing('view', name, again)];
  const [, target = 'a table of its own'] = / TO (\S+) /.exec(view.query.replaceAll('`', '')) ?? [];
  const found = `${view.engine} TO ${target}${view.feeds === 1 ? ` FROM ${from}` : ''}`;
  const expected = `MaterializedView TO ${view.database}.${to} FROM ${from}`;
  if (found === expected) return [];
  return [
    refusal(
      `the view ${name}`,
      found,
      expected,
      `DROP VIEW ${view.database}.${name}, and make it as in ${again}`,
    ),
  ];
}

/** An INSERT of no rows says whether this user may insert and may set what is set with each INSERT. */
async function checkInsert(ingest: ClickHouseClient, table: string): Promise<Finding[]> {
  try {
    const result = await ingest.exec({
      query: `/* self-check */ INSERT INTO ${table} FORMAT JSONEachRow`,
      values: Readable.from([' \n']),
      clickhouse_settings: insertSettings('self-check'),
    });
    await text(result.stream);
    return [];
  } catch (error) {
    const mend = SETTINGS_CODES.get(codeOf(error) ?? '');
    // Whatever else it is passes, or is found when rows are sent.
    if (mend === undefined && classify(error) === 'server') throw error;
    const expected = 'an INSERT with the settings of server/clickhouse/insert-settings.ts';
    return [
      refusal(`an INSERT of no rows into ${table}`, messageOf(error), expected, mend ?? 'npm run migrate'),
    ];
  }
}

/** With which a user is kept from inserting or from settings, and what to do. */
const SETTINGS_CODES: ReadonlyMap<string, string> = new Map([
  ['115', 'install a newer ClickHouse'], // UNKNOWN_SETTING
  ['164', 'take readonly out of the profile of the user that inserts (CLICKHOUSE_INGEST_USER)'], // READONLY
  ['452', 'take the constraint out of the profile of the user that inserts (CLICKHOUSE_INGEST_USER)'], // SETTING_CONSTRAINT_VIOLATION
  ['497', 'GRANT INSERT on the tables of the service to the user that inserts (CLICKHOUSE_INGEST_USER)'], // ACCESS_DENIED
]);

function missing(kind: string, name: string, migration: string): Finding {
  const mend = `npm run migrate; if nothing is pending there, restore it, or make it as in ${migration}`;
  return refusal(`the ${kind} ${name}`, 'nothing', `the ${kind}`, mend);
}

function refusal(what: string, found: string, expected: string, mend: string): Finding {
  return { severity: 'refuse', what, found, expected, mend };
}

async function rowsOf<Row>(
  client: ClickHouseClient,
  query: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Row[]> {
  const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
  return await result.json<Row>();
}
