import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppError, messageOf } from '../../common/errors.ts';
import type { ClickHouseClient } from '../client.ts';
import { classify, codeOf } from '../errors.ts';
import { ASKED_TABLES, SHIPPED_TABLES } from './expected-tables.ts';
import { blockingFinding, type Finding } from './finding.ts';
import { INSERT_SETTINGS, WITHOUT_VIEWS } from '../insert-settings.ts';
import type { Nodes } from '../nodes.ts';
import { questionBounds, queryRows, type QuestionLimits } from '../query.ts';

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
    const fix = fixOf(error, 'ingest');
    // Whatever else it is passes, or is found when rows are sent.
    if (fix === undefined && classify(error) === 'server') throw error;
    const expected = 'an INSERT with the settings of server/clickhouse/insert-settings.ts';
    return [
      blockingFinding(`an INSERT of no rows into ${table}`, messageOf(error), expected, fix ?? 'npm run migrate'),
    ];
  }
}

/** It must not hold up the INSERTs that wait for the check. */
const QUESTION_TIMEOUT_MS = 2_000;

/** A question that no row answers. */
const NO_ROWS = `/* self-check */ ${ASKED_TABLES.map((table) => `SELECT 1 FROM ${table} WHERE 0`).join(' UNION ALL ')}`;

/**
 * Whether the user that answers questions may ask as it needs to. It never speaks against shipping, and never throws: that
 * ClickHouse does not answer is for others to find.
 */
export async function checkQuestions(query: Nodes, limits: QuestionLimits): Promise<readonly Finding[]> {
  try {
    await queryRows(query.until(AbortSignal.timeout(QUESTION_TIMEOUT_MS)), NO_ROWS, {}, questionBounds(limits, ''));
    return [];
  } catch (error) {
    const cause = error instanceof AppError ? error.cause : error;
    const fix = fixOf(cause, 'query');
    if (fix === undefined) return [];
    const expected = 'a SELECT with the settings of server/clickhouse/query.ts, for each GET';
    return [{ severity: 'warning', what: 'a question for no rows', found: messageOf(cause), expected, fix }];
  }
}

const USERS = {
  ingest: 'the user that inserts (CLICKHOUSE_INGEST_USER)',
  query: 'the user that answers questions (CLICKHOUSE_QUERY_USER)',
} as const;

type CheckedUser = keyof typeof USERS;

/** With which a user is kept from its work, and what to do. */
const FIXES = new Map<string, (user: CheckedUser) => string>([
  // UNKNOWN_SETTING
  ['115', () => 'install a newer ClickHouse'],
  // READONLY
  [
    '164',
    (user) => `${user === 'ingest' ? 'take readonly out of' : 'set readonly to 2 in'} the profile of ${USERS[user]}`,
  ],
  // SETTING_CONSTRAINT_VIOLATION
  ['452', (user) => `take the constraint out of the profile of ${USERS[user]}`],
  // ACCESS_DENIED
  ['497', (user) => `GRANT ${user === 'ingest' ? 'INSERT' : 'SELECT'} on the tables of the service to ${USERS[user]}`],
]);

/** undefined when it is not the user. */
function fixOf(error: unknown, user: CheckedUser): string | undefined {
  return FIXES.get(codeOf(error) ?? '')?.(user);
}
