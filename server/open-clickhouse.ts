import { connect } from './clickhouse/client.ts';
import { ClassifiedError, NotReady } from './clickhouse/errors.ts';
import { hasWritten } from './clickhouse/failed-writes.ts';
import { connectAny, type Nodes } from './clickhouse/nodes.ts';
import { nodeHealth, type NodeHealth } from './clickhouse/node-health.ts';
import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';
import type { Closing } from './closing.ts';
import type { Logger } from './common/log.ts';
import { Semaphore } from './common/semaphore.ts';
import type { Config } from './config/config.ts';
import { MAX_FEEDS } from './live/feeds.ts';
import { openEndpoint } from './open-endpoint.ts';
import { MAX_EXPORTS } from './queries/export/exports.ts';
import { insertRows, type Insert } from './shipping/insert-rows.ts';

/** ClickHouse looks at its own limit between two pieces of work; so much longer it may take until its error comes. */
const OVER_MS = 20_000;

/** Queries of questions, by way of one node; what comes then waits as long as a question may take. */
const QUERIES_AT_ONCE = 10;
const MAX_WAITING_QUERIES = 1000;

const NOT_WRITTEN =
  'the embedded ClickHouse was started again, or could not write to its disk; what it was sent is sent again';

/** Clients for each thing that the service does in ClickHouse. */
export interface ClickHouse {
  readonly endpoint: ClickHouseEndpoint;
  readonly consoleUrl: string;
  readonly ingestNodes: Nodes;
  readonly queryNodes: Nodes;
  /** With connections of its own, so that questions that take long do not hold up the hourly counts. */
  readonly questionNodes: Nodes;
  /** With connections of its own, each of which may be busy for as long as somebody exports. */
  readonly exportNodes: Nodes;
  /** With a connection for each feed, so that one whose question takes long does not hold up the others. */
  readonly liveNodes: Nodes;
  readonly health: () => Promise<readonly NodeHealth[]>;
  /**
   * One INSERT, on any node; see `insertRows`.
   * @throws NotReady when nothing may be shipped though ClickHouse answers; ClassifiedError when what it says it has stored may
   * not be there
   */
  readonly insert: (insert: Insert) => Promise<void>;
}

interface ClickHouseDependencies {
  readonly log: Logger;
  readonly closing: Closing;
  readonly random: () => number;
  /** Ends the start. */
  readonly stop: AbortSignal;
}

/** The embedded engine unless the operator named a server; and clients for each thing the service does there. */
export async function openClickHouse(
  config: Config,
  { log, closing, random, stop }: ClickHouseDependencies,
): Promise<ClickHouse> {
  const { endpoint, consoleUrl, problem } = await openEndpoint(config, log, closing, stop);
  const { database } = config;
  // Many servers before one cluster do not all begin with the same node.
  const first = Math.floor(random() * endpoint.urls.length);
  const nodes = (
    role: 'ingest' | 'query',
    requestTimeoutMs: number,
    maxConnections?: number,
    semaphore?: Semaphore,
  ) => {
    const opened = connectAny({ endpoint, role, database, requestTimeoutMs, maxConnections }, first, semaphore);
    closing.add(`${role} clients`, () => opened.close());
    return opened;
  };
  const health = nodeHealth({ endpoint, database });
  closing.add('health clients', () => health.close());
  const ingestNodes = nodes('ingest', 60_000);
  const admin = endpoint.isEmbedded ? connect({ endpoint, role: 'admin', requestTimeoutMs: 10_000 }) : undefined;
  closing.add('admin client', async () => admin?.close());
  const assertStorable = () => {
    const error = problem();
    if (error !== undefined) throw new NotReady('server', error);
  };
  const maxWaitMs = config.questions.maxSeconds * 1000;
  const questionMs = maxWaitMs + OVER_MS;
  const semaphore = new Semaphore({ atOnce: QUERIES_AT_ONCE, maxWaiting: MAX_WAITING_QUERIES, maxWaitMs });
  return {
    endpoint,
    consoleUrl,
    ingestNodes,
    queryNodes: nodes('query', 10_000 + OVER_MS),
    questionNodes: nodes('query', questionMs, QUERIES_AT_ONCE, semaphore),
    exportNodes: nodes('query', questionMs, 2 * MAX_EXPORTS),
    liveNodes: nodes('query', questionMs, MAX_FEEDS),
    health: async () => {
      const found = await health.read();
      const error = problem();
      return error === undefined ? found : found.map(({ node }) => ({ node, state: 'unavailable', error }));
    },
    insert: async (insert) => {
      assertStorable();
      const startedMs = performance.now();
      await ingestNodes.use(async (client) => insertRows(client, insert));
      // What went into data that is gone meanwhile, or into files that are cut short, must stay in the journal.
      assertStorable();
      if (admin !== undefined && !(await hasWritten(admin, startedMs)))
        throw new ClassifiedError('server', NOT_WRITTEN);
    },
  };
}
