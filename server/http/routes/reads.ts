import type { Feeds } from '../../live/feeds.ts';
import type { LiveQuestion } from '../../live/feed.ts';
import type { HourMs } from '../../events/hours.ts';
import type { HourOptions, Hourly } from '../../queries/hourly/hourly.ts';
import type { Exports } from '../../queries/export/exports.ts';
import type { Questions } from '../../queries/questions.ts';
import type { Caller } from '../../auth/caller.ts';
import { goneSignal, type Connection } from '../operation/gone.ts';

/** A question of one request: the signal that it is bound to is no argument of it. */
type Read<Ask extends (question: never, signal: AbortSignal) => unknown> = (
  question: Parameters<Ask>[0],
) => ReturnType<Ask>;

/** Everything that can be read, for one request: whatever its asker does not wait for any more is cancelled. */
export interface Reads {
  readonly hour: (hour: HourMs, options: HourOptions) => ReturnType<Hourly['hour']>;
  readonly hours: (hours: readonly HourMs[], options: HourOptions) => ReturnType<Hourly['hours']>;
  readonly events: Read<Questions['events']>;
  readonly rejected: Read<Questions['rejected']>;
  readonly rejectedSummary: Read<Questions['rejectedSummary']>;
  readonly categories: Read<Questions['categories']>;
  readonly names: Read<Questions['names']>;
  readonly series: Read<Questions['series']>;
  readonly funnel: Read<Questions['funnel']>;
  readonly retention: Read<Questions['retention']>;
  readonly top: Read<Questions['top']>;
  readonly export: Read<Exports>;
  /**
   * The same for a feed: not through a cache, because it is asked once for all of its readers; and with a signal of the
   * feed's, which is not over when the first of them goes.
   */
  readonly liveTop: Questions['liveTop'];
  /** Makes somebody a reader of a feed; its question is to be answered through `liveTop` of the same reads. */
  readonly join: Feeds['join'];
}

export interface ReadsDependencies {
  readonly hourly: Pick<Hourly, 'hour' | 'hours'>;
  readonly questions: Omit<Questions, 'keepCounts' | 'stored'>;
  readonly exports: Exports;
  readonly live: Pick<Feeds, 'join'>;
}

/** A request, as far as it matters to what is read for it. */
export interface ReadingRequest {
  readonly state: { readonly caller: Pick<Caller, 'scope'> };
  readonly req: { readonly socket: Connection };
}

/** What a caller may read, for as long as the request is open. */
export type ReadsOf = (request: ReadingRequest) => Reads;

/** What a route is given that answers from what is stored, as of now. */
export interface ReadingDependencies {
  readonly reads: ReadsOf;
  readonly nowMs: () => number;
}

/**
 * The one way from a route to what is stored, so that no route can forget whose events its caller may read, nor that the
 * caller may go: routes are given this, and not what is behind it.
 */
export function readsOf(dependencies: ReadsDependencies): ReadsOf {
  return ({ state, req }) => {
    const everything = allReads(dependencies, goneSignal(req.socket));
    const { scope } = state.caller;
    return scope === undefined ? everything : within(scope, everything);
  };
}

function allReads(dependencies: ReadsDependencies, signal: AbortSignal): Reads {
  const { hourly, questions, exports, live } = dependencies;
  return {
    hour: async (hour, options) => hourly.hour(hour, options, signal),
    hours: async (hours, options) => hourly.hours(hours, options, signal),
    events: async (question) => questions.events(question, signal),
    rejected: async (question) => questions.rejected(question, signal),
    rejectedSummary: async (question) => questions.rejectedSummary(question, signal),
    categories: async (question) => questions.categories(question, signal),
    names: async (question) => questions.names(question, signal),
    top: async (question) => questions.top(question, signal),
    series: async (question) => questions.series(question, signal),
    funnel: async (question) => questions.funnel(question, signal),
    retention: async (question) => questions.retention(question, signal),
    export: (question) => exports(question, signal),
    liveTop: () => questions.liveTop(),
    join: (question, joining) => live.join(question, joining),
  };
}

/**
 * The same of one application. Who asks for another's by name finds nothing, as if there were none: what is looked for
 * are the events that are of both.
 */
function within(scope: string, all: Reads): Reads {
  const isForeign = ({ application = scope }: { readonly application?: string | undefined }) => application !== scope;
  const own = { application: scope };
  return {
    hour: async (hour, options) => all.hour(hour, { ...options, ...own }),
    hours: async (hours, options) => all.hours(hours, { ...options, ...own }),
    events: async (question) =>
      isForeign(question) ? { events: [], nextCursor: null } : all.events({ ...question, ...own }),
    rejected: async (question) =>
      isForeign(question) ? { rejected: [], nextCursor: null } : all.rejected({ ...question, ...own }),
    rejectedSummary: async (question) =>
      isForeign(question) ? { total: 0, groups: [] } : all.rejectedSummary({ ...question, ...own }),
    categories: async (question) => (isForeign(question) ? [] : all.categories({ ...question, ...own })),
    names: async (question) => (isForeign(question) ? [] : all.names({ ...question, ...own })),
    top: async (question) => (isForeign(question) ? [] : all.top({ ...question, ...own })),
    series: async (question) => all.series({ ...question, ...own, isEmpty: isForeign(question) }),
    funnel: async (question) => all.funnel({ ...question, ...own, isEmpty: isForeign(question) }),
    retention: async (question) => all.retention({ ...question, ...own, isEmpty: isForeign(question) }),
    // What nothing is exported of has its beginning and its end all the same.
    export: (question) => all.export({ ...question, ...own, ...(isForeign(question) ? NEVER : {}) }),
    liveTop: () => {
      const ask = all.liveTop();
      return async (question, feed) => (isForeign(question) ? [] : ask({ ...question, ...own }, feed));
    },
    join: (question, joining) => all.join(feedOf(question, scope), joining),
  };
}

const NEVER = { fromUs: 0, toUs: 0 };

/** A feed answers every reader of its key, so readers with different scopes must not have one in common. */
function feedOf(question: LiveQuestion, scope: string): LiveQuestion {
  return { ...question, key: JSON.stringify([scope, question.key]) };
}
