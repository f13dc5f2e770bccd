import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import type { ClickHouseEndpoint, Role } from './endpoint.ts';

export type { ClickHouseClient };

export interface ConnectOptions {
  readonly endpoint: ClickHouseEndpoint;
  readonly role: Role;
  /** Omitted: the server's default database, for statements that create one. */
  readonly database?: string;
  /** A request that takes longer is ended here; ClickHouse may or may not have carried it out. */
  readonly requestTimeoutMs?: number;
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
