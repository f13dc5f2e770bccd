import { ROLES, type ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';

/** The environment variables of this endpoint, for a server in a process of its own. */
export function endpointEnv(endpoint: ClickHouseEndpoint): Record<string, string> {
  const { urls, cluster, isEmbedded } = endpoint;
  const env: Record<string, string> = { CLICKHOUSE_URL: urls.join(','), CLICKHOUSE_EMBEDDED: isEmbedded ? '1' : '0' };
  if (cluster !== undefined) env['CLICKHOUSE_CLUSTER'] = cluster;
  for (const role of ROLES) {
    const name = role === 'admin' ? 'CLICKHOUSE' : `CLICKHOUSE_${role.toUpperCase()}`;
    const { username, password } = endpoint[role];
    env[`${name}_USER`] = username;
    env[`${name}_PASSWORD`] = password;
  }
  return env;
}
