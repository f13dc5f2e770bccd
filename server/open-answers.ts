import { repeat } from './common/repeat.ts';
import type { Closing } from './closing.ts';
import type { Logger } from './common/log.ts';
import type { Config } from './config/config.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { ClickHouse } from './open-clickhouse.ts';
import { createExports } from './queries/export/exports.ts';
import { HourCounter } from './queries/hourly/hour-counter.ts';
import { createHourly } from './queries/hourly/hourly.ts';
import { hourlyQueries, type HourlyQueries } from './queries/hourly/read-hourly.ts';
import { KnownHours } from './queries/counted/known-hours.ts';
import { createQuestions } from './queries/questions.ts';

/** How often hours that are over are counted, so that no question has to. */
const KEEP_COUNTS_MS = 60_000;

interface AnswersDependencies {
  readonly metrics: Metrics;
  readonly closing: Closing;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Since when raw events are whole, in seconds since the epoch. */
  readonly wholeSinceS: () => number;
}

/** Everything that is asked of ClickHouse, and what to call each time that it has more events. */
export function openAnswers(
  { questions: limits, cache, workers }: Config,
  { endpoint, queryNodes, questionNodes, liveNodes, exportNodes, ingestNodes }: ClickHouse,
  { metrics, closing, log, nowMs, wholeSinceS }: AnswersDependencies,
) {
  const onQuery = (reads: keyof HourlyQueries) => metrics.hourlyQueries.inc({ reads });
  const counterOf = (application: string | undefined) => {
    const queriesUntil = (signal: AbortSignal) => hourlyQueries(queryNodes.until(signal), limits, application, onQuery);
    return new HourCounter(queriesUntil, cache.maxHours);
  };
  const hourly = createHourly({ counterOf, cache, isOneOfWorkers: workers > 1, log, nowMs });
  const hasShards = endpoint.cluster !== undefined;
  const questions = createQuestions({
    nodes: questionNodes,
    liveNodes,
    ingestNodes,
    known: new KnownHours(),
    limits,
    cache,
    nowMs,
    isOneServer: !hasShards && endpoint.urls.length === 1,
    hasShards,
    wholeSinceS,
  });
  const notKept = (error: unknown) => log.debug({ err: error }, 'counts could not be kept; whoever asks counts them');
  closing.add('kept counts', repeat(KEEP_COUNTS_MS, questions.keepCounts, notKept));
  return {
    hourly,
    questions,
    exports: createExports(exportNodes, limits),
    storing: (sent: Promise<void>) => hourly.storing(sent),
    stored: () => {
      hourly.stored();
      questions.stored();
    },
  };
}
