import { connect } from '../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint, Role } from '../../server/clickhouse/endpoint.ts';

/** The answer as tab-separated text, without the last line end. */
export async function ask(endpoint: ClickHouseEndpoint, role: Role, query: string): Promise<string> {
  const client = connect({ endpoint, role });
  try {
    const { stream } = await client.exec({ query });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text.trimEnd();
  } finally {
    await client.close();
  }
}
