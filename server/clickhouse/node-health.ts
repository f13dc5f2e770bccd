import { messageOf } from '../common/errors.ts';
import { remembered } from '../common/remembered.ts';
import { connect, rowsOf, type ClickHouseClient, type ConnectOptions } from './client.ts';
import { nodesOf } from './endpoint.ts';
import { nameOf } from './topology.ts';

/** Whether one node answers. */
export interface NodeHealth {
  /** `HOST:PORT` */
  readonly node: string;
  readonly state: 'up' | 'unavailable';
  readonly version?: string;
  readonly error?: string;
}

export interface NodeHealthReader {
  /** Asks every node at the same time, once a second however many want to know; never rejects. Bounded in time. */
  read(): Promise<readonly NodeHealth[]>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 2_000;
/** Anybody may ask for the health, and as often as they like: the nodes are asked once in this time. */
const LOOK_EVERY_MS = 1_000;

/** Asks as the user who answers questions. */
export function nodeHealth({ endpoint, database }: Pick<ConnectOptions, 'endpoint' | 'database'>): NodeHealthReader {
  const nodes = nodesOf(endpoint).map((endpoint) => ({
    node: nameOf(endpoint),
    client: connect({ endpoint, role: 'query', requestTimeoutMs: TIMEOUT_MS, database }),
  }));
  const read = async () => Promise.all(nodes.map(async ({ node, client }) => readNode(node, client)));
  return {
    read: remembered(LOOK_EVERY_MS, () => performance.now(), read),
    close: async () => {
      await Promise.all(nodes.map(async ({ client }) => client.close()));
    },
  };
}

async function readNode(node: string, client: ClickHouseClient): Promise<NodeHealth> {
  try {
    const [row] = await rowsOf<{ version: string }>(client, 'SELECT version() AS version');
    return { node, state: 'up', version: row?.version ?? 'unknown' };
  } catch (error) {
    return { node, state: 'unavailable', error: messageOf(error) };
  }
}
