import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { messageOf } from '../../common/errors.ts';
import type { ClickHouseClient } from '../client.ts';
import { classify, codeOf } from '../errors.ts';
import { SHIPPED_TABLES } from './expected-tables.ts';
import { blockingFinding, type Finding } from './finding.ts';
import { INSERT_SETTINGS, WITHOUT_VIEWS } from '../insert-settings.ts';
import type { Nodes } from '../nodes.ts';

/** Whether the user that inserts may do so as it needs to. */
export async function checkInserts(ingest: Nodes): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const table of SHIPPED_TABLES) {
    findings.push(...(await ingest.use(async (client) => checkInsert(client, table))));
  }
  return findings;
}

/** An INSERT of no rows says whether this user may insert and may set what is set with each INSERT. */
async function checkInsert(ingest: ClickHouseClient, table: string): Promise<Finding[]> {
  try {
    const result = await ingest.exec({
      query: `/* self-check */ INSERT INTO ${table} FORMAT JSONEachRow`,
      values: Readable.from([' \n']),
      clickhouse_settings: { ...INSERT_SETTINGS, ...WITHOUT_VIEWS },
    });
    await text(result.stream);
    return [];
  } catch (error) {
    const fix = SETTINGS_CODES.get(codeOf(error) ?? '');
    // Whatever else it is passes, or is found when rows are sent.
    if (fix === undefined && classify(error) === 'server') throw error;
    const expected = 'an INSERT with the settings of server/clickhouse/insert-settings.ts';
    return [
      blockingFinding(`an INSERT of no rows into ${table}`, messageOf(error), expected, fix ?? 'npm run migrate'),
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
