import { LRUCache } from 'lru-cache';
import type { Nodes } from '../clickhouse/nodes.ts';
import type { QueryBounds } from '../clickhouse/query.ts';
import type { CacheLimits, QuestionLimits } from '../config.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { BriefAnswers } from './brief-answers.ts';
import { readCategories, type Category, type KnownSessions } from './categories.ts';
import { keepCounts } from './counted-hours.ts';
import { readEventNames, type EventName, type NamesQuestion } from './event-names.ts';
import { readEventsPage, type EventsPage, type EventsQuestion } from './events-page.ts';
import { readRejectedPage, type RejectedPage, type RejectedQuestion } from './rejected-events.ts';
import type { ShownValues } from './shown-values.ts';
import { readTopEvents, type TopKey, type TopQuestion } from './top-events.ts';

export interface QuestionsDependencies {
  readonly nodes: Nodes;
  /** May insert: what was counted is kept in ClickHouse. */
  readonly ingestNodes: Nodes;
  readonly limits: QuestionLimits;
  readonly cache: Pick<CacheLimits, 'ttlMs'>;
  readonly log: Logger;
  readonly nowMs: () => number;
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
  /** The names of events with their counts, from the same kind of cache. */
  names(options: NamesQuestion & Freshness): Promise<readonly EventName[]>;
  /** This server has just stored events: what the caches hold is not used again. */
  stored(): void;
}

export interface Freshness {
  readonly fresh: boolean;
}

const MAX_CACHED = 100;
/** Of applications, and of all of them together. */
const MAX_SCOPES = 100;
const BOUNDS = { narrower: 'GET /events with a range (from, to) instead' };

export function createQuestions(dependencies: QuestionsDependencies): Questions {
  const { nodes, ingestNodes, limits, cache, log, nowMs } = dependencies;
  const bounds: QueryBounds = { limits, ...BOUNDS };
  const known = new LRUCache<string, KnownSessions>({ max: MAX_SCOPES });
  const sessionsOf = (application: string | undefined): KnownSessions => {
    const key = keyOf({ application });
    const sessions = known.get(key) ?? new Map<string, never>();
    known.set(key, sessions);
    return sessions;
  };
  const keep = async (question: NamesQuestion) =>
    keepCounts({ queries: nodes, ingest: ingestNodes }, question, bounds, nowMs()).catch((error: unknown) =>
      log.warn({ reason: messageOf(error) }, 'what was counted could not be kept; it is counted again'),
    );
  const briefly = { ttlMs: cache.ttlMs, maxQuestions: MAX_CACHED, keyOf };
  const categories = new BriefAnswers({
    ...briefly,
    answer: async (question: NamesQuestion) => {
      await keep(question);
      return await readCategories(nodes, bounds, question.application, sessionsOf(question.application));
    },
  });
  const names = new BriefAnswers({
    ...briefly,
    answer: async (question: NamesQuestion) => {
      await keep(question);
      return await readEventNames(nodes, bounds, question);
    },
  });
  return {
    events: async (question) => readEventsPage(nodes, limits, question),
    rejected: async (question) => readRejectedPage(nodes, limits, question),
    top: async (question, shown) => readTopEvents(nodes, limits, question, shown),
    categories: async ({ fresh, application }) => categories.ask({ application }, fresh),
    names: async ({ fresh, application, category }) => names.ask({ application, category }, fresh),
    stored: () => {
      categories.forget();
      names.forget();
    },
  };
}

function keyOf({ application, category }: NamesQuestion): string {
  return JSON.stringify([application ?? null, category ?? null]);
}
