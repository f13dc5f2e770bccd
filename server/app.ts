import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';
import { NotReady } from './clickhouse/errors.ts';
import { connectAny, type Nodes } from './clickhouse/nodes.ts';
import { openEndpoint } from './open-endpoint.ts';
import { nodeHealth, type NodeHealth } from './clickhouse/node-health.ts';
import { openGate } from './open-gate.ts';
import { Closing } from './closing.ts';
import type { CacheLimits, Config } from './config/config.ts';
import { createHealth } from './health/health.ts';
import { frontDoor } from './http/server/front-door.ts';
import { createHttpApp } from './http/routes.ts';
import { countedRefusals } from './http/middleware/measured.ts';
import { listen } from './http/server/listen.ts';
import { openIngest } from './shipping/ingest.ts';
import { Backlog } from './journal/backlog.ts';
import { EVENTS } from './journal/segment.ts';
import type { Hit } from './journal/fail-point.ts';
import { counted } from './common/counted.ts';
import { createLogger, type Logger } from './common/log.ts';
import { Feeds, MAX_FEEDS } from './live/feeds.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { limitMetrics } from './metrics/limits.ts';
import { repeat } from './common/repeat.ts';
import { loadPayloadSchemas } from './schemas.ts';
import { HourlyReader } from './queries/hourly/hourly-reader.ts';
import { createHourly, type Hourly } from './queries/hourly/hourly.ts';
import { createMeasures } from './queries/measures/measures.ts';
import { createExports, MAX_EXPORTS } from './queries/export/exports.ts';
import { createQuestions } from './queries/questions.ts';
import { countedQueries, hourlyQueries } from './queries/hourly/read-hourly.ts';
import { insertRows } from './shipping/insert-rows.ts';
import { aggregateWorkers } from './workers/service-status.ts';

export interface App {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** ClickHouse's own SQL console. */
  readonly consoleUrl: string;
  /** What a person should know who starts this; undefined when all is well. */
  readonly problem?: string | undefined;
  /** Stops accepting, ships what is held, and closes everything, last opened first. */
  close(): Promise<void>;
}

/** The first questions should not find tables missing; with ClickHouse unavailable, accept events all the same. */
const SCHEMA_WAIT_MS = 5_000;

/** ClickHouse looks at its own limit between two pieces of work; so much longer it may take until its error comes. */
const OVER_MS = 20_000;

/** How often hours that are over are counted, so that no question has to. */
const KEEP_COUNTS_MS = 60_000;

/** Time, chance and misfortune, as arguments for whoever wants to set them. */
export interface Surroundings {
  readonly nowMs?: () => number;
  readonly random?: () => number;
  readonly log?: Logger;
  readonly hit?: Hit;
  /** Ends the start. */
  readonly stop?: AbortSignal;
}

/**
 * Builds every long-lived part once, in the order in which an event meets them, and serves.
 * @throws AppError when a part cannot start, or the reason of `stop`; what was opened before is closed again
 */
export async function startApp(config: Config, surroundings: Surroundings = {}): Promise<App> {
  const closing = new Closing();
  try {
    return await open(config, surroundings, closing);
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function open(config: Config, surroundings: Surroundings, closing: Closing): Promise<App> {
  const { nowMs = Date.now, random = Math.random, log = createLogger(config.logLevel) } = surroundings;
  const { hit = () => undefined, stop = new AbortController().signal } = surroundings;
  // First, because a broken file is the operator's to fix, and nothing else should have started then.
  const checkPayload = await loadPayloadSchemas(config.schemasDir);
  const clickhouse = await openClickHouse(config, { log, closing, random, stop });
  const { ingestNodes } = clickhouse;

  const { database, dataDir, retentionDays, journal: limits } = config;
  const gate = openGate({ ...clickhouse, database, retentionDays, log, nowMs, random });
  closing.add('gate', () => gate.close());
  await Promise.race([gate.start(), sleep(SCHEMA_WAIT_MS, undefined, { ref: false, signal: stop })]);

  const backlog = new Backlog(nowMs);
  const metrics = createMetrics(backlog, nowMs);
  limitMetrics(metrics.registry, config);
  const answers = openAnswers(config, clickhouse, { metrics, closing, log, nowMs });
  const ingest = await openIngest({
    dataDir,
    limits,
    insert: async (insert) =>
      gate.pass(async () => {
        clickhouse.assertStorable();
        await ingestNodes.use(async (client) => insertRows(client, insert));
        // What went into data that is gone meanwhile must stay in the journal.
        clickhouse.assertStorable();
      }),
    backlog,
    metrics,
    onStored: answers.stored,
    log,
    nowMs,
    random,
    hit,
  });
  closing.add('ingest', () => ingest.close());

  const live = new Feeds({ maxReaders: config.live.maxReaders, metrics, log });

  const health = createHealth({ ingest, backlog, clickhouse: clickhouse.health, gate, nowMs });
  const { maxFutureMs, maxBodyBytes, bodiesMaxBytes, trust, corsOrigins } = config;
  const http = createHttpApp({
    ingest,
    ...answers,
    live,
    ...aggregateWorkers({ registry: metrics.registry, health }, config.workers),
    metrics,
    checkPayload,
    maxFutureMs,
    maxBodyBytes,
    bodiesMaxBytes,
    trust,
    corsOrigins,
    listenHost: config.host,
    allowedHosts: config.allowedHosts,
    nowMs,
    log,
  });
  const listener = await listen(frontDoor(http.callback(), config, metrics), config, countedRefusals(metrics));
  closing.add('http', () => listener.close());
  metrics.connections(() => listener.connections);
  // After it, to be closed before it: an answer without an end would keep it open.
  closing.add('live', () => live.close());
  closing.add('what is said of it', () => sayStopping(backlog, log));
  const { consoleUrl, endpoint } = clickhouse;
  return { url: listener.url, consoleUrl, problem: problemOf(gate.state, endpoint), close: () => closing.close() };
}

type ClickHouseParts = Awaited<ReturnType<typeof openClickHouse>>;

interface AnswersDependencies {
  readonly metrics: Metrics;
  readonly closing: Closing;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/** Everything that is asked of ClickHouse, and what to call each time that it has more events. */
function openAnswers(
  { questions: limits, cache }: Config,
  { queryNodes, questionNodes, liveNodes, exportNodes, ingestNodes }: ClickHouseParts,
  { metrics, closing, log, nowMs }: AnswersDependencies,
) {
  const hourly = openHourly({ queryNodes, cache, metrics, log, nowMs });
  const questionsOf = (nodes: Nodes) => createQuestions({ nodes, ingestNodes, limits, cache, nowMs });
  const questions = questionsOf(questionNodes);
  const measures = createMeasures({ counting: { nodes: questionNodes, ingestNodes, nowMs }, limits, cache });
  const notKept = (error: unknown) => log.debug({ err: error }, 'counts could not be kept; whoever asks counts them');
  closing.add('kept counts', repeat(KEEP_COUNTS_MS, questions.keepCounts, notKept));
  return {
    hourly,
    questions,
    measures,
    exports: createExports({ nodes: exportNodes, limits }),
    liveQuestions: questionsOf(liveNodes),
    stored: () => {
      hourly.stored();
      questions.stored();
      measures.stored();
    },
  };
}

function sayStopping(backlog: Backlog, log: Logger): void {
  const { rows } = backlog.of(EVENTS);
  log.info(
    { events: rows },
    rows === 0 ? 'stopping: every event is shipped' : `stopping: shipping ${counted(rows, 'event')}…`,
  );
}

function problemOf(state: string, { urls }: ClickHouseEndpoint): string | undefined {
  if (state === 'ready') return undefined;
  return `ClickHouse at ${urls.join(', ')} is not ready: ${state}
Events are accepted and wait in the journal until it is. Is CLICKHOUSE_URL right?`;
}

interface HourlyParts {
  readonly queryNodes: Nodes;
  readonly cache: CacheLimits;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly nowMs: () => number;
}

function openHourly({ queryNodes, cache, metrics, log, nowMs }: HourlyParts): Hourly {
  const readerOf = (application: string | undefined) => {
    const queries = countedQueries(hourlyQueries(queryNodes, application), (reads) =>
      metrics.hourlyQueries.inc({ reads }),
    );
    return new HourlyReader(queries, cache.maxHours);
  };
  return createHourly({ readerOf, cache, log, nowMs });
}

interface ClickHouse {
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
  /** @throws NotReady while nothing may be shipped, though ClickHouse may answer */
  readonly assertStorable: () => void;
}

/** The embedded engine unless the operator named a server; and clients for each thing the service does there. */
async function openClickHouse(
  config: Config,
  { log, closing, random, stop }: Required<Pick<Surroundings, 'log' | 'random' | 'stop'>> & { closing: Closing },
): Promise<ClickHouse> {
  const { endpoint, consoleUrl, problem } = await openEndpoint(config, log, closing, stop);
  const { database } = config;
  // Many servers before one cluster do not all begin with the same node.
  const first = Math.floor(random() * endpoint.urls.length);
  const nodes = (role: 'ingest' | 'query', requestTimeoutMs: number, maxConnections?: number) => {
    const opened = connectAny({ endpoint, role, database, requestTimeoutMs, maxConnections }, first);
    closing.add(`${role} clients`, () => opened.close());
    return opened;
  };
  const health = nodeHealth({ endpoint, database });
  closing.add('health clients', () => health.close());
  const questionMs = config.questions.maxSeconds * 1000 + OVER_MS;
  return {
    endpoint,
    consoleUrl,
    ingestNodes: nodes('ingest', 60_000),
    queryNodes: nodes('query', 10_000 + OVER_MS),
    questionNodes: nodes('query', questionMs),
    exportNodes: nodes('query', questionMs, 2 * MAX_EXPORTS),
    liveNodes: nodes('query', questionMs, MAX_FEEDS),
    health: async () => {
      const found = await health.read();
      const error = problem();
      return error === undefined ? found : found.map(({ node }) => ({ node, state: 'unavailable', error }));
    },
    assertStorable: () => {
      const error = problem();
      if (error !== undefined) throw new NotReady('server', error);
    },
  };
}
