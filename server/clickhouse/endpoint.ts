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
