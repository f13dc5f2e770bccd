export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Where ClickHouse is and whom to be there: one server, or all nodes of a cluster. The four users of
 * `clickhouse/users.d` have only the grants their job needs; on a server without them all four are the same user.
 */
export interface ClickHouseEndpoint {
  /** `http://HOST:PORT` of the server, or of each node of the cluster. */
  readonly urls: readonly [string, ...string[]];
  /** The cluster's name in `system.clusters`; undefined for one server. */
  readonly cluster: string | undefined;
  /** The server is the library that npm brings, whose word that something is stored is not enough: `failed-writes.ts`. */
  readonly isEmbedded: boolean;
  /** May create and alter: migrations, verify --repair. */
  readonly admin: Credentials;
  /** May insert: the shipper. */
  readonly ingest: Credentials;
  /** May read what the HTTP API answers from. */
  readonly query: Credentials;
  /** May read anything in the database, read-only and within limits: ad-hoc SQL. */
  readonly analyst: Credentials;
}

export const ROLES = ['admin', 'ingest', 'query', 'analyst'] as const;
export type ClickHouseRole = (typeof ROLES)[number];

/** Each node by itself, in the order of the addresses. */
export function nodesOf(endpoint: ClickHouseEndpoint): readonly ClickHouseEndpoint[] {
  return endpoint.urls.map((url) => ({ ...endpoint, urls: [url] }));
}

/** The environment variables that `readConfig` makes this endpoint of, for a server in a process of its own. */
export function endpointEnv({
  urls,
  cluster,
  isEmbedded,
  admin,
  ingest,
  query,
  analyst,
}: ClickHouseEndpoint): Record<string, string> {
  return {
    CLICKHOUSE_URL: urls.join(','),
    ...(cluster === undefined ? {} : { CLICKHOUSE_CLUSTER: cluster }),
    CLICKHOUSE_EMBEDDED: isEmbedded ? '1' : '0',
    CLICKHOUSE_USER: admin.username,
    CLICKHOUSE_PASSWORD: admin.password,
    // Read already, where this comes beside an environment that names files.
    CLICKHOUSE_PASSWORD_FILE: '',
    CLICKHOUSE_INGEST_PASSWORD_FILE: '',
    CLICKHOUSE_QUERY_PASSWORD_FILE: '',
    CLICKHOUSE_ANALYST_PASSWORD_FILE: '',
    CLICKHOUSE_INGEST_USER: ingest.username,
    CLICKHOUSE_INGEST_PASSWORD: ingest.password,
    CLICKHOUSE_QUERY_USER: query.username,
    CLICKHOUSE_QUERY_PASSWORD: query.password,
    CLICKHOUSE_ANALYST_USER: analyst.username,
    CLICKHOUSE_ANALYST_PASSWORD: analyst.password,
  };
}
