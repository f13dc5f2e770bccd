import { migrate } from '../../migrations/migrator.ts';
import type { Logger } from '../log.ts';
import type { ClickHouseClient } from './client.ts';
import type { ClickHouseEndpoint } from './endpoint.ts';
import { Gate } from './gate.ts';
import { checkTables, selfCheck } from './self-check.ts';

export interface OpenGateDependencies {
  readonly endpoint: ClickHouseEndpoint;
  readonly database: string;
  /** Each of its requests ends after some seconds. */
  readonly adminClient: ClickHouseClient;
  /** The client that inserts. */
  readonly ingestClient: ClickHouseClient;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** The gate before the INSERTs of this process. Nothing is asked until it is started. */
export function openGate(dependencies: OpenGateDependencies): Gate {
  const { endpoint, database, adminClient: admin, ingestClient: ingest, log, nowMs, random } = dependencies;
  return new Gate({
    migrate: async () => void (await migrate({ endpoint, database, log })),
    check: async () => selfCheck({ admin, ingest, nowMs }),
    checkTables: async () => checkTables(admin),
    log,
    nowMs,
    random,
  });
}
