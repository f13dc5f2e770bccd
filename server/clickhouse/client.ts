import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseEndpoint, ClickHouseRole } from './endpoint.ts';

export type { ClickHouseClient };

export interface ConnectOptions {
  readonly endpoint: ClickHouseEndpoint;
  readonly role: ClickHouseRole;
  /** Omitted: the server's default database, for statements that create one. */
  readonly database?: string | undefined;
  /** A request that takes longer is ended here; ClickHouse may or may not have carried it out. By default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Open at the same time; further requests wait for one. By default 10. */
  readonly maxConnections?: number | undefined;
}

/**
 * How a node asks the others, when the tables stand over a cluster; on one server it means nothing. A shard that is unavailable
 * is an error and never a smaller answer. Of a shard's replicas, the first that lives is read and written: what was just
 * acknowledged is there, and the counts of an hour never go back.
 */
const CLUSTER_SETTINGS = {
  skip_unavailable_shards: 0,
  load_balancing: 'in_order',
  prefer_localhost_replica: 0,
} as const;

/** A client of one role at one server, the first of the endpoint. The caller closes it. Nothing is sent until it is used. */
export function connect(options: ConnectOptions): ClickHouseClient {
  const { endpoint, role, database, requestTimeoutMs = 30_000, maxConnections = 10 } = options;
  return createClient({
    url: endpoint.urls[0],
    ...endpoint[role],
    ...(database === undefined ? {} : { database }),
    ...(endpoint.cluster === undefined ? {} : { clickhouse_settings: CLUSTER_SETTINGS }),
    request_timeout: requestTimeoutMs,
    max_open_connections: maxConnections,
    application: 'clickhour',
    // Hundreds of values are too long for an address.
    use_multipart_params_auto: true,
    // Errors are thrown to us, and we log them once, with what they mean here.
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/** Uses a client for as long as `use` takes, and closes it, whatever comes of that. */
export async function withClient<T>(
  options: ConnectOptions,
  use: (client: ClickHouseClient) => Promise<T>,
): Promise<T> {
  const client = connect(options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** The rows of one SELECT. Throws what ClickHouse or the network answers. */
export async function rowsOf<Row>(
  client: ClickHouseClient,
  query: string,
  params: Readonly<Record<string, unknown>> = {},
  settings: ClickHouseSettings = {},
): Promise<Row[]> {
  const result = await client.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: settings,
  });
  return await result.json<Row>();
}
