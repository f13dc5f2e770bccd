import path from 'node:path';
import { withAdmins } from '../clickhouse/admin-node.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { rawSinceS } from '../clickhouse/retention.ts';
import { readEveryNode } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { eraseEvents, type ErasedEvents } from './erase-events.ts';
import type { ErasedUser } from './erased-user.ts';
import { eraseRejected } from './erase-rejected.ts';
import { eraseWaiting, type ErasedJournals } from './waiting-journals.ts';

export interface Erasing {
  readonly endpoint: ClickHouseEndpoint;
  readonly database: string;
  readonly dataDir: string;
  /** How long to wait for what living servers have in their journals. */
  readonly waitMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** What was erased. */
export interface Erased extends ErasedEvents {
  readonly rejected: number;
  readonly journals: ErasedJournals;
}

/** Mutations of large tables take long. */
const REQUEST_TIMEOUT_MS = 60 * 60 * 1000;

/**
 * Removes what there is of a user: journals first, so that nothing of them comes later, then events and rejected texts.
 * Servers go on meanwhile.
 * @throws AppError `unavailable` when a node is unavailable or events of the user keep arriving, `invalid` for a cluster with
 * replicas; what is erased by then stays erased, and another try completes it
 */
export async function eraseUser(whose: ErasedUser, erasing: Erasing): Promise<Erased> {
  const { endpoint, database, dataDir, waitMs, nowMs, log } = erasing;
  const topology = await readEveryNode(endpoint, 'Nothing was erased');
  // A mutation would run on each replica, and what it reads is on one.
  if (topology.layout.replicated) throw new AppError('invalid', 'Nothing was erased: erase does not support replicas');
  const journals = await eraseWaiting(whose, { journal: path.join(dataDir, 'journal'), waitMs, nowMs });
  return await withAdmins(topology, { database, requestTimeoutMs: REQUEST_TIMEOUT_MS }, async (nodes) => {
    const erased = await eraseEvents(nodes, whose, async () => rawSinceS(endpoint, database), log);
    let rejected = 0;
    for (const node of nodes) rejected += await eraseRejected(node, whose);
    return { ...erased, rejected, journals };
  });
}
