import type { ClickHouseClient } from '../client.ts';
import type { Layout } from '../topology.ts';

/** A node to look at. */
export interface CheckedNode {
  /** Of the admin, who may read the system tables. */
  readonly admin: ClickHouseClient;
  readonly layout: Layout;
  readonly nowMs: () => number;
}
