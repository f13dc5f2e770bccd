import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { clusterSinceMs } from '../clickhouse/cluster-since.ts';
import type { Gate } from '../clickhouse/gate.ts';
import type { Nodes } from '../clickhouse/nodes.ts';
import type { Logger } from '../log.ts';
import { countBlocks } from './block-counter.ts';
import { isAtWork } from './at-work.ts';
import { InsertOnce } from './insert-once.ts';
import { insertRows } from './insert-rows.ts';
import type { Shipment } from './shipment.ts';
import { countStored, findStored } from './stored-rows.ts';

export interface DeliveryDependencies {
  readonly gate: Pick<Gate, 'pass'>;
  readonly endpoint: Pick<ClickHouseEndpoint, 'cluster'>;
  readonly adminNodes: Nodes;
  readonly ingestNodes: Nodes;
  readonly queryNodes: Nodes;
  /** `config.deduplicationWindow` */
  readonly deduplicationWindow: number;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/** What shipping asks of ClickHouse. */
export interface Delivery {
  /** Puts rows into ClickHouse, once, however often it is called; see `Gate.pass` and `InsertOnce.insert`. */
  insert(shipment: Shipment): Promise<void>;
  /** How many rows of a shipment that was refused are stored all the same. */
  countStored(shipment: Shipment): Promise<number>;
}

export function createDelivery(dependencies: DeliveryDependencies): Delivery {
  const { gate, endpoint, adminNodes, ingestNodes, queryNodes, deduplicationWindow, log, nowMs } =
    dependencies;
  const { cluster } = endpoint;
  const once = new InsertOnce({
    insert: async (shipment) => ingestNodes.use(async (client) => insertRows(client, shipment)),
    countStored: async (shipment) => queryNodes.use(async (client) => countStored(client, shipment)),
    findStored: async (shipment) => queryNodes.use(async (client) => findStored(client, shipment)),
    countBlocks: async (table, agoMs) =>
      adminNodes.use(async (client) => countBlocks(client, { table, cluster }, agoMs)),
    layoutSinceMs: async () =>
      cluster === undefined ? undefined : adminNodes.use(async (client) => clusterSinceMs(client, cluster)),
    isAtWork: async (token) => adminNodes.use(async (client) => isAtWork(client, cluster, token)),
    deduplicationWindow,
    log,
    nowMs,
  });
  return {
    insert: async (shipment) => gate.pass(async () => once.insert(shipment)),
    countStored: async (shipment) => once.countStored(shipment),
  };
}
