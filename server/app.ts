import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';
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
import type { Hit } from './journal/fail-point.ts';
import { createLogger, type Logger } from './common/log.ts';
import { Feeds, MAX_FEEDS } from './live/feeds.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { repeat } from './common/repeat.ts';
import { loadPayloadSchemas } from './schemas.ts';
import { HourlyReader } from './queries/hourly/hourly-reader.ts';
import { createHourly, type Hourly } from './queries/hourly/hourly.ts';
import { createQuestions } from './queries/questions.ts';
import { countedQueries, hourlyQueries } from './queries/hourly/read-hourly.ts';
import { insertRows } from './shipping/insert-rows.ts';
import { speakForAll } from './workers/whole.ts';

export interface App {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** ClickHouse's own SQL console. */
  readonly consoleUrl: string;
  /** Stops accepting, ships what is held, and closes everything, last opened first. */
  close(): Promise<void>;
}

/** The first questions should not find tables missing; with ClickHouse away, accept events all the same. */
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
}

/**
 * Builds every long-lived part once, in the order in which an event meets them, and serves.
 * @throws AppError when a part cannot start; what was opened before it is closed again
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
  const { hit = () => undefined } = surroundings;
  // First, because a broken file is the operator's to mend, and nothing else should have started then.
  const checkPayload = await loadPayloadSchemas(config.schemasDir);
  const clickhouse = await openClickHouse(config, log, closing, random);
  const { ingestNodes, queryNodes } = clickhouse;

  const { database, dataDir, retentionDays, journal: limits, cache } = config;
  const gate = openGate({ ...clickhouse, database, retentionDays, log, nowMs, random });
  closing.add('gate', () => gate.close());
  await Promise.race([gate.start(), sleep(SCHEMA_WAIT_MS, undefined, { ref: false })]);

  const backlog = new Backlog(nowMs);
  const metrics = createMetrics(backlog, nowMs);
  const hourly = openHourly({ queryNodes, cache, metrics, log, nowMs });
  const { questions: questionLimits } = config;
  const questionsOf = (nodes: Nodes) => createQuestions({ nodes, ingestNodes, limits: questionLimits, cache, nowMs });
  const questions = questionsOf(clickhouse.questionNodes);
  const notKept = (error: unknown) => log.debug({ err: error }, 'counts could not be kept; whoever asks counts them');
  closing.add('kept counts', repeat(KEEP_COUNTS_MS, questions.keepCounts, notKept));
  const onStored = () => {
    hourly.stored();
    questions.stored();
  };
  const ingest = await openIngest({
    dataDir,
    limits,
    insert: async (insert) => gate.pass(async () => ingestNodes.use(async (client) => insertRows(client, insert))),
    backlog,
    metrics,
    onStored,
    log,
    nowMs,
    random,
    hit,
  });
  closing.add('ingest', () => ingest.close());

  const live = new Feeds({ maxReaders: config.live.maxReaders, metrics, log });

  const health = createHealth({
    ingest,
    backlog,
    clickhouse: clickhouse.health,
    gate,
    nowMs,
  });
  const { maxFutureMs, maxBodyBytes, bodiesMaxBytes, trust, corsOrigins } = config;
  const http = createHttpApp({
    ingest,
    hourly,
    questions,
    live,
    liveQuestions: questionsOf(clickhouse.liveNodes),
    ...speakForAll({ registry: metrics.registry, health }, config.workers),
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
  // After it, to be closed before it: an answer without an end would keep it open.
  closing.add('live', () => live.close());
  return { url: listener.url, consoleUrl: clickhouse.consoleUrl, close: async () => closing.close() };
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
  /** With a connection for each feed, so that one whose question takes long does not hold up the others. */
  readonly liveNodes: Nodes;
  readonly health: () => Promise<readonly NodeHealth[]>;
}

/** The embedded engine unless the operator named a server; and clients for each thing the service does there. */
async function openClickHouse(
  config: Config,
  log: Logger,
  closing: Closing,
  random: () => number,
): Promise<ClickHouse> {
  const { endpoint, consoleUrl } = await openEndpoint(config, log, closing);
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
    liveNodes: nodes('query', questionMs, MAX_FEEDS),
    health: async () => health.read(),
  };
}
