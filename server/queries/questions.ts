import { LRUCache } from 'lru-cache';
import type { Nodes } from '../clickhouse/nodes.ts';
import type { CacheLimits, QuestionLimits } from '../config.ts';
import { readCategories, type Category } from './categories.ts';
import { readEventNames, type EventName, type NamesQuestion } from './event-names.ts';
import { readEventsPage, type EventsPage, type EventsQuestion } from './events-page.ts';
import { readRejectedPage, type RejectedPage, type RejectedQuestion } from './rejected-events.ts';
import type { ShownValues } from './shown-values.ts';
import { readTopEvents, type TopKey, type TopQuestion } from './top-events.ts';

export interface QuestionsDependencies {
  readonly nodes: Nodes;
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
  categories(options: Pick<NamesQuestion, 'application'> & Freshness): Promise<readonly Category[]>;
  /** The names of events with their counts. */
  names(options: NamesQuestion & Freshness): Promise<readonly EventName[]>;
}

export interface Freshness {
  readonly fresh: boolean;
}

const ALL = 'all';

export function createQuestions({ nodes, limits, cache }: QuestionsDependencies): Questions {
  const categories = new LRUCache<typeof ALL, readonly Category[]>({
    max: 1,
    ttl: Math.max(1, cache.ttlMs),
    fetchMethod: async () => readCategories(nodes, limits),
  });
  return {
    events: async (question) => readEventsPage(nodes, limits, question),
    rejected: async (question) => readRejectedPage(nodes, limits, question),
    top: async (question, known) => readTopEvents(nodes, limits, question, known),
    // Merged with a query that is under way, even when it must be fresh: each needs much memory.
    categories: async ({ fresh, application }) =>
      application === undefined
        ? categories.forceFetch(ALL, { forceRefresh: fresh || cache.ttlMs === 0 })
        : readCategories(nodes, limits, application),
    names: async ({ application, category }) =>
      readEventNames(nodes, { limits, narrower: 'a category' }, { application, category }),
  };
}
