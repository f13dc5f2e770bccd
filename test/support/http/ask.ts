import { connect } from '../../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint, ClickHouseRole } from '../../../server/clickhouse/endpoint.ts';

/** The answer as tab-separated text, without the last line end. */
export async function ask(endpoint: ClickHouseEndpoint, role: ClickHouseRole, query: string): Promise<string> {
  const client = connect({ endpoint, role });
  try {
    // Without waiting for the end, a query that fails after its first rows fails within an answer with status 200.
    const { stream } = await client.exec({ query, clickhouse_settings: { wait_end_of_query: 1 } });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text.trimEnd();
  } finally {
    await client.close();
  }
}
