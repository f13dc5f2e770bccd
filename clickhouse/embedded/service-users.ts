import type { ClickHouseEndpoint, Credentials } from '../../server/clickhouse/endpoint.ts';

/** The users of `users.d/clickhour.xml`. */
export const SERVICE_USERS = ['default', 'ingest', 'query', 'analyst'] as const;

/** A server that has the users of `users.d/clickhour.xml`. */
export function endpointWithServiceUsers(url: string): ClickHouseEndpoint {
  return {
    urls: [url],
    cluster: undefined,
    admin: withoutPassword('default'),
    ingest: withoutPassword('ingest'),
    query: withoutPassword('query'),
    analyst: withoutPassword('analyst'),
  };
}

function withoutPassword(username: (typeof SERVICE_USERS)[number]): Credentials {
  return { username, password: '' };
}
