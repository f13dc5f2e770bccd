import { LRUCache } from 'lru-cache';
import type { Nodes } from '../clickhouse/nodes.ts';
import { questionBounds, type QuestionLimits } from '../clickhouse/query.ts';
import { MIB } from '../common/units.ts';
import type { CacheLimits } from '../config/config.ts';
import { BriefAnswers, type Freshness } from './brief-answers.ts';
import { readCategories, type Known } from './categories.ts';
import type { Counting } from './counted/grown-hours.ts';
import { countKeeper } from './counted/kept-counts.ts';
import { MAX_NAMES, readEventNames, type NamesQuestion } from './event-names.ts';
import { readEventsPage, type EventsQuestion } from './events-page.ts';
import { readFunnel } from './insights/funnel.ts';
import { readRetention } from './insights/retention.ts';
import { readSeries } from './insights/series.ts';
import { readRejectedPage, type RejectedQuestion } from './rejected/rejected-events.ts';
import { readRejectedSummary, type RejectedSummaryQuestion } from './rejected/rejected-summary.ts';
import { RankedKeys } from './top/ranked-keys.ts';
import { ShownValues } from './top/shown-values.ts';
import { NARROWER as TOP_NARROWER, readTopEvents, type TopKey, type TopQuestion } from './top/top-events.ts';

export interface QuestionsDependencies extends Omit<Counting, 'bounds'> {
  /** For questions that are asked again and again. */
  readonly liveNodes: Nodes;
  readonly limits: QuestionLimits;
  readonly cache: Pick<CacheLimits, 'ttlMs'>;
  /** ClickHouse is one server, which has all tables itself. */
  readonly isOneServer: boolean;
}

export type AskTop = (question: TopQuestion, signal: AbortSignal) => Promise<readonly TopKey[]>;

export type Questions = ReturnType<typeof createQuestions>;

const MAX_CACHED = 100;
/** Of applications, and of all of them together. */
const MAX_SCOPES = 100;
/** Names and categories of each of them whose counts are remembered. */
const MAX_KNOWN = 10_000;
/** Of the answer to a live question, which is held for as long as somebody reads it, once for each form of its frames. */
const MAX_LIVE_BYTES = 4 * MIB;
const NARROWER = 'GET /events with a range (from, to) instead';
const INSIGHTS_NARROWER = 'a shorter range (from, to), a name or category, or fewer paths';

/**
 * Every question about events goes through here, but for exports (`export/`) and `/analytics` (`hourly/`), for an asker who
 * waits until the signal is aborted. Each throws what its `read…` throws.
 */
export function createQuestions(dependencies: QuestionsDependencies) {
  const { liveNodes, limits, cache, isOneServer, ...counting } = dependencies;
  const { nodes, ingestNodes } = counting;
  const countingUntil = (signal: AbortSignal, narrower: string): Counting => ({
    ...counting,
    nodes: nodes.until(signal),
    bounds: questionBounds(limits, narrower),
  });
  const liveLimits = { ...limits, maxResultBytes: MAX_LIVE_BYTES };
  const scopes = new LRUCache<string, Known>({ max: MAX_SCOPES });
  const scopeOf = (application: string | undefined): Known => {
    const key = JSON.stringify({ application });
    const found = scopes.get(key) ?? {
      names: new LRUCache({ max: MAX_KNOWN }),
      sessions: new LRUCache({ max: MAX_KNOWN }),
    };
    scopes.set(key, found);
    return found;
  };
  const caches: { forget(): void }[] = [];
  /** From a brief cache: these cost the most of all questions. */
  const briefly = <Q extends object, T>(narrower: string, read: (counting: Counting, question: Q) => Promise<T>) => {
    const answers = new BriefAnswers<Omit<Q, 'fresh'>, T>({
      ttlMs: cache.ttlMs,
      maxQuestions: MAX_CACHED,
      answer: async (question, signal) => read(countingUntil(signal, narrower), question as Q),
    });
    caches.push(answers);
    return async ({ fresh, ...question }: Q & Freshness, signal: AbortSignal) => answers.ask(question, fresh, signal);
  };
  const top: AskTop = async (question, signal) => readTopEvents(countingUntil(signal, TOP_NARROWER), question);
  return {
    events: async (question: EventsQuestion, signal: AbortSignal) =>
      readEventsPage(nodes.until(signal), limits, question),
    rejected: async (question: RejectedQuestion, signal: AbortSignal) =>
      readRejectedPage(nodes.until(signal), limits, question),
    rejectedSummary: async (question: RejectedSummaryQuestion, signal: AbortSignal) =>
      readRejectedSummary(nodes.until(signal), limits, question),
    top,
    /** The same for one question that is asked again and again: an answer is made of the last one, where it can be. */
    liveTop: (): AskTop => {
      const last = { shown: new ShownValues(), ranked: isOneServer ? new RankedKeys() : undefined };
      return async (question, signal) => {
        const bounds = questionBounds(liveLimits, TOP_NARROWER);
        return await readTopEvents({ ...counting, nodes: liveNodes.until(signal), bounds }, question, last);
      };
    },
    categories: briefly(NARROWER, async (counting, { application }: Pick<NamesQuestion, 'application'>) =>
      readCategories(counting, application, scopeOf(application)),
    ),
    names: briefly(NARROWER, async (counting, question: NamesQuestion) =>
      (await readEventNames(counting, question, scopeOf(question.application).names)).slice(0, MAX_NAMES),
    ),
    series: briefly(INSIGHTS_NARROWER, readSeries),
    /** How many did each step. */
    funnel: briefly(INSIGHTS_NARROWER, readFunnel),
    retention: briefly(INSIGHTS_NARROWER, readRetention),
    /** Counts what is over and was not counted yet, so that no question has to. Throws what `keepCounts` throws. */
    keepCounts: countKeeper((signal) => ({
      ...counting,
      nodes: nodes.until(signal),
      ingestNodes: ingestNodes.until(signal),
      bounds: { limits, narrower: NARROWER },
    })),
    /** This server has just stored events: what the caches hold is not used again. */
    stored: () => {
      for (const answers of caches) answers.forget();
    },
  };
}
