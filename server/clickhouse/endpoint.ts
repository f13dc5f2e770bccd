export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Where a ClickHouse server is and whom to be there. The four users of `clickhouse/users.d` have only the grants their
 * job needs; on a server without them all four are the same user.
 */
export interface ClickHouseEndpoint {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** May create and alter: migrations, verify --repair. */
  readonly admin: Credentials;
  /** May insert: the shipper. */
  readonly ingest: Credentials;
  /** May read what the HTTP API answers from. */
  readonly query: Credentials;
  /** May read anything in the database, read-only and within limits: ad-hoc SQL. */
  readonly analyst: Credentials;
}

export type Role = 'admin' | 'ingest' | 'query' | 'analyst';

/** The environment variables that `readConfig` makes this endpoint of, for a server in a process of its own. */
export function endpointEnv({
  url,
  admin,
  ingest,
  query,
  analyst,
}: ClickHouseEndpoint): Record<string, string> {
  return {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: admin.username,
    CLICKHOUSE_PASSWORD: admin.password,
    // Read already, where this comes beside an environment that names a file.
    CLICKHOUSE_PASSWORD_FILE: '',
    CLICKHOUSE_INGEST_USER: ingest.username,
    CLICKHOUSE_QUERY_USER: query.username,
    CLICKHOUSE_ANALYST_USER: analyst.username,
  };
}
