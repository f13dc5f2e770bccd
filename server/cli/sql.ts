import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { connectAny } from '../clickhouse/nodes.ts';
import { readConfig } from '../config/environment.ts';
import { createLogger } from '../common/log.ts';
import { runCommand, UsageError } from './command.ts';
import { isTabular, renderResult } from './result-table.ts';
import { withClickHouse } from './with-clickhouse.ts';

const USAGE = `Usage: npm run sql -- "SELECT ..."
       npm run sql -- - < FILE

Runs one statement as the read-only analyst and prints a table. With a FORMAT clause the answer is printed as it comes.`;

/** The analyst's own limit on time is 60 s; it ends the query and says so. This one is for a server that went away. */
const REQUEST_TIMEOUT_MS = 90_000;

await runCommand(USAGE, async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [argument = '', ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`received ${positionals.length} arguments, expected one: quote the SQL`);
  const sql = (argument === '-' ? await text(process.stdin) : argument).replace(/[;\s]+$/, '');
  if (sql === '') throw new UsageError('received no SQL');
  const config = readConfig();
  console.log(await withClickHouse(config, createLogger('warn'), (endpoint) => ask(endpoint, config.database, sql)));
  return 0;
});

async function ask(endpoint: ClickHouseEndpoint, database: string, query: string): Promise<string> {
  const nodes = connectAny({ endpoint, role: 'analyst', database, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  try {
    const answer = await nodes.use(async (client) => {
      const { stream } = await client.exec({
        query,
        clickhouse_settings: {
          default_format: 'JSONCompact',
          // So that an error in the middle of the answer is still an error, not half a table.
          wait_end_of_query: 1,
          output_format_json_quote_64bit_integers: 1,
          output_format_json_quote_decimals: 1,
          // A server with one user for all has no analyst whose profile says it.
          ...(endpoint.analyst.username === endpoint.admin.username ? { readonly: '2' } : {}),
        },
      });
      return await text(stream);
    });
    const result = parse(answer);
    return isTabular(result) ? renderResult(result) : answer.trimEnd();
  } finally {
    await nodes.close();
  }
}

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}
