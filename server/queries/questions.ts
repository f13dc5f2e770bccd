import { LRUCache } from 'lru-cache';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import type { CacheLimits, QuestionLimits } from '../config.ts';
import { readCategories, type Category } from './categories.ts';
import { readEventsPage, type EventsPage, type EventsQuestion } from './events-page.ts';
import { readRejectedPage, type RejectedPage, type RejectedQuestion } from './rejected-events.ts';
import type { ShownValues } from './shown-values.ts';
import { readTopEvents, type TopKey, type TopQuestion } from './top-events.ts';

export interface QuestionsDependencies {
  readonly client: ClickHouseClient;
  readonly limits: QuestionLimits;
  readonly cache: Pick<CacheLimits, 'ttlMs'>;
}

/** Every question about single events goes through here. Each throws what `queryRows` throws. */
export interface Questions {
  events(question: EventsQuestion): Promise<EventsPage>;
  rejected(question: RejectedQuestion): Promise<RejectedPage>;
  /** @param known see `readTopEvents` */
  top(question: TopQuestion, known?: ShownValues): Promise<readonly TopKey[]>;
  /**
   * The categories with their counts, from a brief cache: they cost the most of all questions.
   * @param options.fresh skips the cache
   */
  categories(options: { readonly fresh: boolean }): Promise<readonly Category[]>;
}

const ALL = 'all';

export function createQuestions({ client, limits, cache }: QuestionsDependencies): Questions {
  const categories = new LRUCache<typeof ALL, readonly Category[]>({
    max: 1,
    ttl: Math.max(1, cache.ttlMs),
    fetchMethod: async () => readCategories(client, limits),
  });
  return {
    events: async (question) => readEventsPage(client, limits, question),
    rejected: async (question) => readRejectedPage(client, limits, question),
    top: async (question, known) => readTopEvents(client, limits, question, known),
    // Merged with a query that is under way, even when it must be fresh: each needs much memory.
    categories: async ({ fresh }) => categories.forceFetch(ALL, { forceRefresh: fresh || cache.ttlMs === 0 }),
  };
}
