import { LRUCache } from 'lru-cache';
import { questionBounds } from '../../clickhouse/query.ts';
import type { CacheLimits } from '../../config/config.ts';
import { BriefAnswers, type Freshness } from '../brief-answers.ts';
import type { MeasureCounting } from './counted-series.ts';
import { readFunnel, type FunnelQuestion } from './funnel.ts';
import { readRetention, type Cohort, type RetentionQuestion } from './retention.ts';
import { readSeries, type Series, type SeriesQuestion } from './series.ts';

export interface InsightsDependencies {
  readonly counting: Omit<MeasureCounting, 'bounds' | 'areSmall'>;
  readonly limits: MeasureCounting['bounds']['limits'];
  readonly cache: Pick<CacheLimits, 'ttlMs'>;
}

/**
 * Questions about how many, over time: each from a brief cache, for an asker who waits until the signal is aborted. Each
 * throws what its `read…` throws.
 */
export interface Insights {
  series(question: SeriesQuestion & Freshness, signal: AbortSignal): Promise<Series>;
  /** How many did each step. */
  funnel(question: FunnelQuestion & Freshness, signal: AbortSignal): Promise<readonly number[]>;
  retention(question: RetentionQuestion & Freshness, signal: AbortSignal): Promise<readonly Cohort[]>;
  /** This server has just stored events: what the cache holds is not used again. */
  stored(): void;
}

const MAX_CACHED = 100;
/** How long sets are taken for as large as they were. */
const SIZES_MS = 60_000;
const NARROWER = 'a shorter range (from, to), a name or category, or fewer paths';

export function createInsights({ counting, limits, cache }: InsightsDependencies): Insights {
  const areSmall = new LRUCache<string, boolean>({ max: MAX_CACHED, ttl: SIZES_MS });
  const countingUntil = (signal: AbortSignal): MeasureCounting => ({
    ...counting,
    areSmall,
    nodes: counting.nodes.until(signal),
    bounds: questionBounds(limits, NARROWER),
  });
  const briefly = <Q, T>(read: (counting: MeasureCounting, question: Q) => Promise<T>) =>
    new BriefAnswers({
      ttlMs: cache.ttlMs,
      maxQuestions: MAX_CACHED,
      keyOf: (question: Q) => JSON.stringify(question),
      answer: async (question: Q, signal) => read(countingUntil(signal), question),
    });
  const series = briefly(readSeries);
  const funnel = briefly(readFunnel);
  const retention = briefly(readRetention);
  return {
    series: async ({ fresh, ...question }, signal) => series.ask(question, fresh, signal),
    funnel: async ({ fresh, ...question }, signal) => funnel.ask(question, fresh, signal),
    retention: async ({ fresh, ...question }, signal) => retention.ask(question, fresh, signal),
    stored: () => {
      for (const answers of [series, funnel, retention]) answers.forget();
    },
  };
}
