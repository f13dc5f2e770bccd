import { LRUCache } from 'lru-cache';
import type { Nodes } from '../clickhouse/nodes.ts';
import { questionBounds, type QuestionLimits } from '../clickhouse/query.ts';
import { MIB } from '../common/units.ts';
import type { CacheLimits } from '../config/config.ts';
import { BriefAnswers, type Freshness } from './brief-answers.ts';
import { readCategories, type Category, type Known } from './categories.ts';
import { countKeeper } from './counted/kept-counts.ts';
import type { KnowingCounting, KnownHours } from './counted/known-hours.ts';
import { MAX_NAMES, readEventNames, type EventName, type NamesQuestion } from './event-names.ts';
import { readEventsPage, type EventsPage, type EventsQuestion } from './events-page.ts';
import { readRejectedPage, type RejectedPage, type RejectedQuestion } from './rejected/rejected-events.ts';
import {
  readRejectedSummary,
  type RejectedSummary,
  type RejectedSummaryQuestion,
} from './rejected/rejected-summary.ts';
import { RankedKeys } from './ranked-keys.ts';
import { ShownValues } from './shown-values.ts';
import { NARROWER as TOP_NARROWER, readTopEvents, type TopKey, type TopQuestion } from './top-events.ts';

export interface QuestionsDependencies {
  readonly nodes: Nodes;
  /** For questions that are asked again and again. */
  readonly liveNodes: Nodes;
  /** May insert: what was counted is kept in ClickHouse. */
  readonly ingestNodes: Nodes;
  readonly known: KnownHours;
  readonly limits: QuestionLimits;
  readonly cache: Pick<CacheLimits, 'ttlMs'>;
  readonly nowMs: () => number;
  /** ClickHouse is one server, which has all tables itself. */
  readonly isOneServer: boolean;
  readonly hasShards: KnowingCounting['hasShards'];
}

/**
 * Every question about single events goes through here, for an asker who waits until the signal is aborted. Each throws
 * what `queryRows` throws.
 */
export interface Questions {
  events(question: EventsQuestion, signal: AbortSignal): Promise<EventsPage>;
  rejected(question: RejectedQuestion, signal: AbortSignal): Promise<RejectedPage>;
  rejectedSummary(question: RejectedSummaryQuestion, signal: AbortSignal): Promise<RejectedSummary>;
  readonly top: AskTop;
  /** The same for one question that is asked again and again: an answer is made of the last one, where it can be. */
  liveTop(): AskTop;
  /** The categories with their counts, from a brief cache: they cost the most of all questions. */
  categories(
    options: Pick<NamesQuestion, 'application'> & Freshness,
    signal: AbortSignal,
  ): Promise<readonly Category[]>;
  /** The names of events with their counts, from the same kind of cache. */
  names(options: NamesQuestion & Freshness, signal: AbortSignal): Promise<readonly EventName[]>;
  /** Counts what is over and was not counted yet, so that no question has to. Throws what `keepCounts` throws. */
  readonly keepCounts: (signal: AbortSignal) => Promise<void>;
  /** This server has just stored events: what the caches hold is not used again. */
  stored(): void;
}

export type AskTop = (question: TopQuestion, signal: AbortSignal) => Promise<readonly TopKey[]>;

const MAX_CACHED = 100;
/** Of applications, and of all of them together. */
const MAX_SCOPES = 100;
/** Names and categories of each of them whose counts are remembered. */
const MAX_KNOWN = 10_000;
/** Of the answer to a live question, which is held for as long as somebody reads it, once for each form of its frames. */
const MAX_LIVE_BYTES = 4 * MIB;
const NARROWER = 'GET /events with a range (from, to) instead';

export function createQuestions(dependencies: QuestionsDependencies): Questions {
  const { nodes, liveNodes, ingestNodes, known, limits, cache, nowMs, isOneServer, hasShards } = dependencies;
  const bounds = { limits, narrower: NARROWER };
  const counting: KnowingCounting = { nodes, ingestNodes, known, hasShards, bounds, nowMs };
  const countingUntil = (signal: AbortSignal, narrower = NARROWER): KnowingCounting => ({
    ...counting,
    nodes: nodes.until(signal),
    bounds: questionBounds(limits, narrower),
  });
  const liveLimits = { ...limits, maxResultBytes: MAX_LIVE_BYTES };
  const scopes = new LRUCache<string, Known>({ max: MAX_SCOPES });
  const scopeOf = (application: string | undefined): Known => {
    const key = keyOf({ application });
    const found = scopes.get(key) ?? {
      names: new LRUCache({ max: MAX_KNOWN }),
      sessions: new LRUCache({ max: MAX_KNOWN }),
    };
    scopes.set(key, found);
    return found;
  };
  const briefly = { ttlMs: cache.ttlMs, maxQuestions: MAX_CACHED, keyOf };
  const categories = new BriefAnswers({
    ...briefly,
    answer: async ({ application }: NamesQuestion, signal) =>
      readCategories(countingUntil(signal), application, scopeOf(application)),
  });
  const names = new BriefAnswers({
    ...briefly,
    answer: async (question: NamesQuestion, signal) =>
      (await readEventNames(countingUntil(signal), question, scopeOf(question.application).names)).slice(0, MAX_NAMES),
  });
  return {
    events: async (question, signal) => readEventsPage(nodes.until(signal), limits, question),
    rejected: async (question, signal) => readRejectedPage(nodes.until(signal), limits, question),
    rejectedSummary: async (question, signal) => readRejectedSummary(nodes.until(signal), limits, question),
    top: async (question, signal) => readTopEvents(countingUntil(signal, TOP_NARROWER), question),
    liveTop: () => {
      const last = { shown: new ShownValues(), ranked: isOneServer ? new RankedKeys() : undefined };
      return async (question, signal) => {
        const bounds = questionBounds(liveLimits, TOP_NARROWER);
        return await readTopEvents({ ...counting, nodes: liveNodes.until(signal), bounds }, question, last);
      };
    },
    categories: async ({ fresh, application }, signal) => categories.ask({ application }, fresh, signal),
    names: async ({ fresh, application, category }, signal) => names.ask({ application, category }, fresh, signal),
    keepCounts: countKeeper((signal) => ({
      ...counting,
      nodes: nodes.until(signal),
      ingestNodes: ingestNodes.until(signal),
    })),
    stored: () => {
      categories.forget();
      names.forget();
    },
  };
}

function keyOf({ application, category }: NamesQuestion): string {
  return JSON.stringify([application ?? null, category ?? null]);
}
