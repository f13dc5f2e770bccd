import type { Caller } from '../../auth/caller.ts';
import { MAX_NAME_CHARACTERS } from '../../events/event.ts';
import type { HourMs } from '../../events/hours.ts';
import type { LiveQuestion } from '../../live/feed.ts';
import type { Feeds } from '../../live/feeds.ts';
import type { ExportQuestion, Exports } from '../../queries/export/exports.ts';
import type { HourOptions, Hourly } from '../../queries/hourly/hourly.ts';
import type { AskTop, Questions } from '../../queries/questions.ts';
import { goneSignal, type Connection } from '../operation/gone.ts';

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
  return ({ state, req }) => new Reads(dependencies, state.caller.scope, goneSignal(req.socket));
}

/** A question about the events of an application, or of all of them. */
interface Scoped {
  readonly application?: string | undefined;
}

/** The questions that a route asks by their names. */
type Asked = Omit<ReadsDependencies['questions'], 'liveTop'>;

/** Longer than the name of an application may be: nothing is stored of it. */
const NOBODY = '-'.repeat(MAX_NAME_CHARACTERS + 1);

/**
 * Everything that can be read, for one request: whatever its asker does not wait for any more is cancelled. With a scope it is
 * that of one application, and whoever asks for another's by name asks for nobody's.
 */
export class Reads {
  readonly #all: ReadsDependencies;
  readonly #scope: string | undefined;
  readonly #gone: AbortSignal;

  constructor(all: ReadsDependencies, scope: string | undefined, gone: AbortSignal) {
    this.#all = all;
    this.#scope = scope;
    this.#gone = gone;
  }

  hour(hour: HourMs, options: HourOptions) {
    return this.#all.hourly.hour(hour, this.#own(options), this.#gone);
  }

  hours(hours: readonly HourMs[], options: HourOptions) {
    return this.#all.hourly.hours(hours, this.#own(options), this.#gone);
  }

  /** Asks one of the questions, by its name. */
  ask<K extends keyof Asked>(name: K, question: Parameters<Asked[K]>[0]): ReturnType<Asked[K]> {
    const ask = this.#all.questions[name] as (question: Scoped, signal: AbortSignal) => ReturnType<Asked[K]>;
    return ask(this.#own(question), this.#gone);
  }

  export(question: ExportQuestion) {
    return this.#all.exports(this.#own(question), this.#gone);
  }

  /**
   * `top` for a feed: not through a cache, because it is asked once for all of its readers; and with a signal of the
   * feed's, which is not over when the first of them goes.
   */
  liveTop(): AskTop {
    const ask = this.#all.questions.liveTop();
    return async (question, signal) => ask(this.#own(question), signal);
  }

  /**
   * Makes somebody a reader of a feed; its question is to be answered through `liveTop` of the same reads. A feed answers
   * every reader of its key, so readers with different scopes must not have one in common.
   */
  join(question: LiveQuestion, joining: Parameters<Feeds['join']>[1]) {
    const scope = this.#scope;
    const key = scope === undefined ? question.key : JSON.stringify([scope, question.key]);
    this.#all.live.join({ ...question, key }, joining);
  }

  #own<Q extends Scoped>(question: Q): Q {
    const scope = this.#scope;
    if (scope === undefined) return question;
    const { application = scope } = question;
    return { ...question, application: application === scope ? scope : NOBODY };
  }
}
