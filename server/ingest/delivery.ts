import type { ClickHouseClient } from '../clickhouse/client.ts';
import type { Gate } from '../clickhouse/gate.ts';
import type { Logger } from '../log.ts';
import { countBlocks } from './block-counter.ts';
import { InsertOnce } from './insert-once.ts';
import { insertRows } from './insert-rows.ts';
import type { Shipment } from './shipment.ts';
import { countStored, findStored } from './stored-rows.ts';

export interface DeliveryDependencies {
  readonly gate: Pick<Gate, 'pass'>;
  readonly adminClient: ClickHouseClient;
  readonly ingestClient: ClickHouseClient;
  readonly queryClient: ClickHouseClient;
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
  const { gate, adminClient, ingestClient, queryClient, log, nowMs } = dependencies;
  const once = new InsertOnce({
    insert: async (shipment) => insertRows(ingestClient, shipment),
    countStored: async (shipment) => countStored(queryClient, shipment),
    findStored: async (shipment) => findStored(queryClient, shipment),
    countBlocks: async (table, agoMs) => countBlocks(adminClient, table, agoMs),
    log,
    nowMs,
  });
  return {
    insert: async (shipment) => gate.pass(async () => once.insert(shipment)),
    countStored: async (shipment) => once.countStored(shipment),
  };
}
