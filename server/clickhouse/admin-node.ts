import { connect, type ClickHouseClient, type ConnectOptions } from './client.ts';
import { localName, type Layout, type LivingNode, type Topology } from './topology.ts';

/** One node, with its own part of every table, asked as the admin. */
export interface AdminNode extends LivingNode {
  readonly client: ClickHouseClient;
  readonly layout: Layout;
  /** Of the client. */
  readonly database: string;
}

export type AdminNodes = readonly [AdminNode, ...AdminNode[]];

interface AdminOptions extends Pick<ConnectOptions, 'requestTimeoutMs'> {
  /** Need not exist yet: nothing is asked before `use` asks. */
  readonly database: string;
}

/** Lends the nodes, in their order, for as long as `use` takes, and closes their clients, whatever comes of that. */
export async function withAdmins<T>(
  { layout, nodes: [first, ...others] }: Topology,
  options: AdminOptions,
  use: (nodes: AdminNodes) => Promise<T>,
): Promise<T> {
  const open = (node: LivingNode): AdminNode => {
    const client = connect({ ...options, endpoint: node.endpoint, role: 'admin' });
    return { ...node, client, layout, database: options.database };
  };
  const nodes: AdminNodes = [open(first), ...others.map(open)];
  try {
    return await use(nodes);
  } finally {
    await Promise.all(nodes.map(async ({ client }) => client.close()));
  }
}

/** A table of this node, for statements that run later and elsewhere, where nothing says which database was meant. */
export function tableOf({ database, layout }: AdminNode, table: string): string {
  return `${database}.${localName(table, layout)}`;
}
