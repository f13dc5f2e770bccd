import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ClickHouseClient } from './clickhouse/client.ts';
import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';
import { openEndpoint } from './clickhouse/open-endpoint.ts';
import { Schema } from './clickhouse/schema.ts';
import { Closing } from './closing.ts';
import type { Config } from './config.ts';
import { createHealth } from './health.ts';
import { createHttpApp } from './http/routes.ts';
import { listen } from './http/listen.ts';
import { Backlog } from './ingest/backlog.ts';
import type { Reach } from './ingest/fail-point.ts';
import { openIngest } from './ingest/ingest.ts';
import { insertSegment } from './ingest/insert-segment.ts';
import type { Segment } from './ingest/segment.ts';
import { createLogger, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { loadPayloadSchemas } from './schemas.ts';
import { HourlyReader } from './queries/hourly-reader.ts';
import { createHourly } from './queries/hourly.ts';
import { createQuestions } from './queries/questions.ts';
import { readCounters, readCounts } from './queries/read-hourly.ts';
import { scraper } from './workers/scrape.ts';

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

/** Time, chance and misfortune, as arguments for whoever wants to set them. */
export interface Surroundings {
  readonly nowMs?: () => number;
  readonly random?: () => number;
  readonly log?: Logger;
  readonly reach?: Reach;
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
  const { reach = () => undefined } = surroundings;
  // First, because a broken file is the operator's to mend, and nothing else should have started then.
  const checkPayload = await loadPayloadSchemas(config.schemasDir);
  const clickhouse = await openClickHouse(config, log, closing);
  const { endpoint, ingestClient, queryClient } = clickhouse;

  const schema = new Schema({ endpoint, database: config.database, log, random });
  closing.add('schema', () => schema.close());
  await Promise.race([schema.start(), sleep(SCHEMA_WAIT_MS, undefined, { ref: false })]);

  const backlog = new Backlog();
  const metrics = createMetrics(backlog, nowMs);
  const { dataDir, journal: limits } = config;
  const insert = async (segment: Segment) =>
    schema.whenReady(async () => insertSegment(ingestClient, segment));
  const ingest = await openIngest({
    dataDir,
    limits,
    insert,
    backlog,
    metrics,
    log,
    nowMs,
    random,
    reach,
  });
  closing.add('ingest', () => ingest.close());

  const reader = new HourlyReader(
    {
      counters: async (hours) => {
        metrics.hourlyQueries.inc({ reads: 'counters' });
        return await readCounters(queryClient, hours);
      },
      counts: async (hours) => {
        metrics.hourlyQueries.inc({ reads: 'users' });
        return await readCounts(queryClient, hours);
      },
    },
    config.cache.maxHours,
  );
  const hourly = createHourly({ reader, cache: config.cache, log, nowMs });

  const { cache, questions: questionLimits } = config;
  const questions = createQuestions({ client: clickhouse.questionsClient, limits: questionLimits, cache });

  const health = createHealth({
    ingest,
    backlog,
    clickhouseVersion: clickhouse.version,
    schemaState: () => schema.state,
    nowMs,
  });
  const { maxFutureMs, maxBodyBytes, bodiesMaxBytes, trust, corsOrigins } = config;
  const http = createHttpApp({
    ingest,
    hourly,
    questions,
    health,
    metrics,
    scrape: scraper(metrics.registry),
    checkPayload,
    maxFutureMs,
    maxBodyBytes,
    bodiesMaxBytes,
    trust,
    corsOrigins,
    nowMs,
    log,
  });
  const listener = await listen(http, config);
  closing.add('http', () => listener.close());
  return { url: listener.url, consoleUrl: clickhouse.consoleUrl, close: async () => closing.close() };
}

interface ClickHouse {
  readonly endpoint: ClickHouseEndpoint;
  readonly consoleUrl: string;
  readonly ingestClient: ClickHouseClient;
  readonly queryClient: ClickHouseClient;
  /** With connections of its own, so that questions that take long do not hold up the hourly counts. */
  readonly questionsClient: ClickHouseClient;
  readonly version: () => Promise<string>;
}

/** The embedded engine unless the operator named a server; and a client for each thing the service does there. */
async function openClickHouse(config: Config, log: Logger, closing: Closing): Promise<ClickHouse> {
  const { endpoint, consoleUrl } = await openEndpoint(config, log, closing);
  const { database } = config;
  const client = (role: 'ingest' | 'query', requestTimeoutMs: number) => {
    const opened = connect({ endpoint, role, database, requestTimeoutMs });
    closing.add(`${role} client`, () => opened.close());
    return opened;
  };
  const ingestClient = client('ingest', 60_000);
  const queryClient = client('query', 12_000);
  const questionsClient = client('query', config.questions.maxSeconds * 1000 + 2_000);
  const healthClient = client('query', 2_000);
  const version = async () => {
    const result = await healthClient.query({ query: 'SELECT version() AS version', format: 'JSONEachRow' });
    const [row] = await result.json<{ version: string }>();
    return row?.version ?? 'unknown';
  };
  return { endpoint, consoleUrl, ingestClient, queryClient, questionsClient, version };
}
