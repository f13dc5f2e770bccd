import { migrate } from '../../migrations/migrator.ts';
import type { Logger } from '../log.ts';
import { connect, type ClickHouseClient } from './client.ts';
import type { ClickHouseEndpoint } from './endpoint.ts';
import { Gate } from './gate.ts';
import { checkTables, selfCheck } from './self-check.ts';

export interface OpenGateDependencies {
  readonly endpoint: ClickHouseEndpoint;
  readonly database: string;
  /** The client that inserts. */
  readonly ingest: ClickHouseClient;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** A question of the self-check that takes longer has no answer. */
const CHECK_TIMEOUT_MS = 10_000;

/** The gate before the INSERTs of this process. Nothing is asked until it is started. */
export function openGate({ endpoint, database, ingest, log, nowMs, random }: OpenGateDependencies): Gate {
  const admin = connect({ endpoint, role: 'admin', database, requestTimeoutMs: CHECK_TIMEOUT_MS });
  return new Gate({
    migrate: async () => void (await migrate({ endpoint, database, log })),
    check: async () => selfCheck({ admin, ingest, nowMs }),
    checkTables: async () => checkTables(admin),
    log,
    nowMs,
    random,
    onClose: async () => admin.close(),
  });
}
