import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { isCode } from '../common/errors.ts';
import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { withNodes } from '../clickhouse/nodes.ts';
import { readConfig } from '../config/environment.ts';
import { jsonOf } from '../common/json.ts';
import { createLogger } from '../common/log.ts';
import { readArguments, runCommand, UsageError } from './command.ts';
import { isTabular, renderResult } from './result-table.ts';
import { namesFormat } from './sql-format.ts';
import { withClickHouse } from './with-clickhouse.ts';

const USAGE = `Usage: npm run sql -- "SELECT ..."
       npm run sql -- - < FILE

Runs one statement as the read-only analyst and prints a table. With a FORMAT clause the answer is what ClickHouse sends,
byte for byte.

Examples: npm run sql -- "SELECT * FROM hourly ORDER BY hour DESC LIMIT 24"
          npm run sql -- "SELECT * FROM hourly FORMAT Parquet" > hours.parquet`;

/** The analyst's own limit on time is 60 s; it ends the query and says so. This one is for a server that stops answering. */
const REQUEST_TIMEOUT_MS = 90_000;

const TABLE: ClickHouseSettings = {
  default_format: 'JSONCompact',
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
};

await runCommand(USAGE, async () => {
  const { positionals } = readArguments({ allowPositionals: true, options: {} });
  const [argument = '', ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`received ${positionals.length} arguments, expected one: quote the SQL`);
  const sql = (argument === '-' ? await text(process.stdin) : argument).replace(/[;\s]+$/, '');
  if (sql === '') throw new UsageError('received no SQL');
  const config = readConfig();
  await withClickHouse(config, createLogger('warn'), (endpoint) => ask(endpoint, config.database, sql), {
    onlyReads: true,
  });
  return 0;
});

/** Prints the answer: as it comes where the statement names a format, else as a table. */
async function ask(endpoint: ClickHouseEndpoint, database: string, query: string): Promise<void> {
  const isAsItComes = namesFormat(query);
  const asAnalyst = { endpoint, role: 'analyst', database, requestTimeoutMs: REQUEST_TIMEOUT_MS } as const;
  await withNodes(asAnalyst, async (nodes) => {
    const stream = await nodes.use(async (client) => {
      const answer = await client.exec({
        query,
        clickhouse_settings: {
          ...(isAsItComes ? {} : TABLE),
          // So that an error in the middle of the answer is still an error, not half a table.
          wait_end_of_query: 1,
          // A server with one user for all has no analyst whose profile says it.
          ...(endpoint.analyst.username === endpoint.admin.username ? { readonly: '2' } : {}),
        },
      });
      return answer.stream;
    });
    if (isAsItComes) await pipeline(stream, process.stdout, { end: false }).catch(unlessReaderLeft);
    else printTable(await text(stream));
  });
}

/** `… | head` reads what it needs. */
function unlessReaderLeft(error: unknown): void {
  if (isCode(error, 'EPIPE')) return;
  throw error;
}

function printTable(answer: string): void {
  const result = jsonOf(answer);
  console.log(isTabular(result) ? renderResult(result) : answer.trimEnd());
}
