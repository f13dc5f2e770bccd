import type { Feeds } from '../../live/feeds.ts';
import type { LiveQuestion } from '../../live/feed.ts';
import type { Hourly } from '../../queries/hourly/hourly.ts';
import type { Measures } from '../../queries/measures/measures.ts';
import type { Exports } from '../../queries/export/exports.ts';
import type { Questions } from '../../queries/questions.ts';
import type { Caller } from '../../auth/caller.ts';

/** Everything that can be read, for one caller. */
export interface Reads {
  readonly hour: Hourly['hour'];
  readonly hours: Hourly['hours'];
  readonly events: Questions['events'];
  readonly rejected: Questions['rejected'];
  readonly rejectedSummary: Questions['rejectedSummary'];
  readonly categories: Questions['categories'];
  readonly names: Questions['names'];
  readonly series: Measures['series'];
  readonly funnel: Measures['funnel'];
  readonly retention: Measures['retention'];
  readonly top: Questions['top'];
  readonly export: Exports['open'];
  /** The same for a feed: not through a cache, because it is asked once for all of its readers. */
  readonly liveTop: Questions['top'];
  /** Makes somebody a reader of a feed; its question is to be answered through `liveTop` of the same reads. */
  readonly join: Feeds['join'];
}

export interface ReadsDependencies {
  readonly hourly: Pick<Hourly, 'hour' | 'hours'>;
  readonly questions: Pick<Questions, 'events' | 'rejected' | 'rejectedSummary' | 'categories' | 'names' | 'top'>;
  readonly measures: Pick<Measures, 'series' | 'funnel' | 'retention'>;
  readonly exports: Exports;
  readonly live: Pick<Feeds, 'join'>;
  /** Not through a cache. */
  readonly liveQuestions: Pick<Questions, 'top'>;
}

/** What a caller may read. */
export type ReadsOf = (caller: Pick<Caller, 'scope'>) => Reads;

/**
 * The one way from a route to what is stored, so that no route can forget whose events its caller may read: routes are
 * given this, and not what is behind it.
 */
export function readsOf(dependencies: ReadsDependencies): ReadsOf {
  const everything = allReads(dependencies);
  return ({ scope }) => (scope === undefined ? everything : within(scope, everything));
}

function allReads({ hourly, questions, measures, exports, live, liveQuestions }: ReadsDependencies): Reads {
  return {
    hour: async (hour, options) => hourly.hour(hour, options),
    hours: async (hours, options) => hourly.hours(hours, options),
    events: async (question) => questions.events(question),
    rejected: async (question) => questions.rejected(question),
    rejectedSummary: async (question) => questions.rejectedSummary(question),
    categories: async (question) => questions.categories(question),
    names: async (question) => questions.names(question),
    top: async (question, known) => questions.top(question, known),
    series: async (question) => measures.series(question),
    funnel: async (question) => measures.funnel(question),
    retention: async (question) => measures.retention(question),
    export: (question, signal) => exports.open(question, signal),
    liveTop: async (question, known) => liveQuestions.top(question, known),
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
    top: async (question, known) => (isForeign(question) ? [] : all.top({ ...question, ...own }, known)),
    series: async (question) => all.series({ ...question, ...own, isEmpty: isForeign(question) }),
    funnel: async (question) => all.funnel({ ...question, ...own, isEmpty: isForeign(question) }),
    retention: async (question) => all.retention({ ...question, ...own, isEmpty: isForeign(question) }),
    // What nothing is exported of has its beginning and its end all the same.
    export: (question, signal) => all.export({ ...question, ...own, ...(isForeign(question) ? NEVER : {}) }, signal),
    liveTop: async (question, known) => (isForeign(question) ? [] : all.liveTop({ ...question, ...own }, known)),
    join: (question, joining) => all.join(feedOf(question, scope), joining),
  };
}

const NEVER = { fromUs: 0, toUs: 0 };

/** A feed answers every reader of its key, so readers with different scopes must not have one in common. */
function feedOf(question: LiveQuestion, scope: string): LiveQuestion {
  return { ...question, key: JSON.stringify([scope, question.key]) };
}
