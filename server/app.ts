import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';
import { openAnswers } from './open-answers.ts';
import { openClickHouse } from './open-clickhouse.ts';
import { openGate } from './open-gate.ts';
import { Closing } from './closing.ts';
import type { Config } from './config/config.ts';
import { createHealth } from './health/health.ts';
import { shedLoad } from './http/server/load-shedding.ts';
import { createHttpApp } from './http/routes.ts';
import { countedRefusals } from './http/middleware/telemetry.ts';
import { listen } from './http/server/listen.ts';
import { openIngest } from './shipping/ingest.ts';
import { Backlog } from './journal/backlog.ts';
import { EVENTS } from './journal/segment.ts';
import type { Hit } from './journal/fail-point.ts';
import { pluralize } from './common/words.ts';
import { createLogger, type Logger } from './common/log.ts';
import { Feeds } from './live/feeds.ts';
import { createMetrics } from './metrics/metrics.ts';
import { limitMetrics } from './metrics/limits.ts';
import { loadPayloadSchemas } from './schemas.ts';
import { aggregateWorkers } from './workers/service-status.ts';
import { shareStored } from './workers/share-stored.ts';

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

  const { dataDir, journal: limits } = config;
  // Until it is known, numbers come from what is never removed, or not at all.
  let wholeSinceS = Infinity;
  const onWholeSince = (sinceS: number) => {
    wholeSinceS = sinceS;
  };
  const gate = openGate(config, clickhouse, { onWholeSince, log, nowMs, random });
  closing.add('gate', () => gate.close());
  await Promise.race([gate.start(), sleep(SCHEMA_WAIT_MS, undefined, { ref: false, signal: stop })]);

  const backlog = new Backlog(nowMs);
  const metrics = createMetrics(backlog, nowMs);
  limitMetrics(metrics.registry, config);
  metrics.findings(() => gate.findings);
  const answers = openAnswers(config, clickhouse, { metrics, closing, log, nowMs, wholeSinceS: () => wholeSinceS });
  const ingest = await openIngest({
    dataDir,
    limits,
    insert: async (insert) => gate.pass(async () => clickhouse.insert(insert)),
    backlog,
    metrics,
    onStoring: answers.storing,
    onStored: shareStored(answers.stored),
    log,
    nowMs,
    random,
    hit,
  });
  closing.add('ingest', () => ingest.close());

  const live = new Feeds({ maxReaders: config.live.maxReaders, metrics, log });

  const health = createHealth({ ingest, backlog, clickhouse: clickhouse.health, gate, nowMs });
  const http = createHttpApp({
    ...config,
    ingest,
    ...answers,
    live,
    ...aggregateWorkers({ registry: metrics.registry, health }, config.workers),
    metrics,
    checkPayload,
    listenHost: config.host,
    nowMs,
    log,
  });
  const listener = await listen(shedLoad(http.callback(), config, metrics), config, countedRefusals(metrics));
  closing.add('http', () => listener.close());
  metrics.connections(() => listener.connections);
  // After it, to be closed before it: an answer without an end would keep it open.
  closing.add('live', () => live.close());
  closing.add('what is said of it', () => sayStopping(backlog, log));
  const { consoleUrl, endpoint } = clickhouse;
  return {
    url: listener.url,
    consoleUrl,
    problem: problemOf(gate.state, endpoint, config),
    close: () => closing.close(),
  };
}

function sayStopping(backlog: Backlog, log: Logger): void {
  const { rows } = backlog.of(EVENTS);
  log.info(
    { events: rows },
    rows === 0 ? 'stopping: every event is shipped' : `stopping: shipping ${pluralize(rows, 'event')}…`,
  );
}

function problemOf(state: string, { urls }: ClickHouseEndpoint, { clickhouse }: Config): string | undefined {
  if (state === 'ready') return undefined;
  const hint = clickhouse === undefined ? '' : ' Is CLICKHOUSE_URL right?';
  return `ClickHouse at ${urls.join(', ')} is not ready: ${state}
Events are accepted and wait in the journal until it is.${hint}`;
}
