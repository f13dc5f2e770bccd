import type { ClickHouseClient } from './client.ts';
import type { Layout } from './topology.ts';

/** One node, with its own part of every table, asked as the admin. */
export interface AdminNode {
  readonly client: ClickHouseClient;
  readonly layout: Layout;
}
