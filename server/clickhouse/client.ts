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

/** A client of one role. The caller closes it. Nothing is sent until it is used. */
export function connect(options: ConnectOptions): ClickHouseClient {
  const { endpoint, role, database, requestTimeoutMs = 30_000, maxConnections = 10 } = options;
  return createClient({
    url: endpoint.url,
    ...endpoint[role],
    ...(database === undefined ? {} : { database }),
    request_timeout: requestTimeoutMs,
    max_open_connections: maxConnections,
    application: 'clickhour',
    // Errors are thrown to us, and we log them once, with what they mean here.
    log: { level: ClickHouseLogLevel.OFF },
  });
}
