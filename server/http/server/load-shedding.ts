import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdmissionLimits, Config } from '../../config/config.ts';
import { AppError } from '../../common/errors.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { pressureAt } from '../ingest/dialects.ts';
import { crossOriginHeaders } from '../middleware/cross-origin.ts';
import { problemOf } from '../middleware/problem.ts';
import { answerProblem, type Handle } from './connections.ts';

/** What operators and their tools ask, path by path. */
export const NEVER_SHED: ReadonlySet<string> = new Set(['/health', '/health/live', '/health/ready', '/metrics']);

const DETAIL = 'More requests arrive than this server can answer in time; nothing was stored or read';

const shedBody = (code: 'overloaded' | 'rate_limited') =>
  JSON.stringify({ type: 'about:blank', ...problemOf(new AppError(code, DETAIL)) });

const SHED_BODIES = { 429: shedBody('rate_limited'), 503: shedBody('overloaded') };

/**
 * Comes before everything else: hands requests on that there is time for, and answers the others with 503, or with the
 * 429 that the clients of a path need, for as little work as Node allows, without looking at who sends them or what they
 * say. Operators are always let in.
 */
export function shedLoad(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { admission: limits, corsOrigins }: Pick<Config, 'admission' | 'corsOrigins'>,
  { httpShed }: Pick<Metrics, 'httpShed'>,
): Handle {
  const admission = new Admission({
    limits,
    nowMs: () => performance.now(),
    atEndOfTurn: setImmediate,
  });
  const forPages = crossOriginHeaders(corsOrigins);
  const shed = { write: httpShed.labels('write'), read: httpShed.labels('read') };
  return (request, response) => {
    const isWrite = request.method === 'POST';
    const refusedPath = admission.takes(isWrite) ? undefined : pathOf(request);
    if (refusedPath === undefined || NEVER_SHED.has(refusedPath)) {
      void handle(request, response);
      return;
    }
    shed[isWrite ? 'write' : 'read'].inc();
    const headers = { 'Retry-After': admission.retryAfterS, ...forPages(request.headers.origin) };
    const status = pressureAt(refusedPath);
    answerProblem(response, status, SHED_BODIES[status], headers);
  };
}

function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

export interface AdmissionDependencies {
  readonly limits: AdmissionLimits;
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number;
  /** Calls back when this turn of the event loop has read all that had arrived. */
  readonly atEndOfTurn: (callback: () => void) => void;
}

/** What comes back, spread over the time in which it can be worked off; seconds. */
const MIN_RETRY_S = 1;
const MAX_RETRY_S = 60;
const WINDOW_MS = 1000;

/** Of a turn, for writes. Less than half, because an answer takes as long again when its event is on disk. */
const WRITE_SHARE = 1 / 3;

/**
 * Decides which requests this process still has time for.
 *
 * One turn of the event loop reads whatever has arrived and begins to work on it, so the length of the turns is how
 * long an arrival waits before anybody looks at it, wherever the time goes. One long turn is a burst, and is worked
 * off; long turns without end are a queue that stands (the thought of CoDel), and then every request is late.
 *
 * States: `open` takes everything. After `longTurns` turns in a row that each took longer than `longTurnMs` for
 * `longTurnRequests` or more, it is `shedding`: a turn takes writes in its first `writeTurnMs` and reads in its first
 * `readTurnMs`, and what it finds later is refused. Should the refusals alone make turns long, writes keep their share
 * of the time. After `calmMs` without a refusal it is `open` again.
 */
export class Admission {
  readonly #deps: AdmissionDependencies;
  #isShedding = false;
  /** In this turn. */
  #requests = 0;
  #turnStartMs = 0;
  /** How long this turn takes writes, while shedding. */
  #writeTurnMs = 0;
  #longTurns = 0;
  #lastRefusalMs = 0;
  #taken = 0;
  #refused = 0;
  #windowStartMs = 0;
  #retryAfterS = MIN_RETRY_S;

  constructor(dependencies: AdmissionDependencies) {
    this.#deps = dependencies;
  }

  get state(): 'open' | 'shedding' {
    return this.#isShedding ? 'shedding' : 'open';
  }

  /** Whole seconds in which what was refused in the last second could have been worked off, at the rate of that second. */
  get retryAfterS(): number {
    return this.#retryAfterS;
  }

  /** Whether there is time for one more request. It is on the path of every request: while `open` it only counts. */
  takes(isWrite: boolean): boolean {
    if (this.#requests === 0) this.#beginTurn();
    this.#requests += 1;
    if (this.#isShedding && !this.#hasTimeFor(isWrite)) return false;
    this.#taken += 1;
    return true;
  }

  #hasTimeFor(isWrite: boolean): boolean {
    const { limits, nowMs } = this.#deps;
    const now = nowMs();
    if (now - this.#turnStartMs < (isWrite ? this.#writeTurnMs : limits.readTurnMs)) return true;
    this.#refused += 1;
    this.#lastRefusalMs = now;
    return false;
  }

  #beginTurn(): void {
    this.#turnStartMs = this.#deps.nowMs();
    this.#deps.atEndOfTurn(this.#endTurn);
  }

  readonly #endTurn = () => {
    const { limits, nowMs } = this.#deps;
    const now = nowMs();
    const turnMs = now - this.#turnStartMs;
    // A long turn with little in it is other work, or a machine that gives this process no time: refusing would not help.
    const isLong = turnMs > limits.longTurnMs && this.#requests >= limits.longTurnRequests;
    this.#longTurns = isLong ? this.#longTurns + 1 : 0;
    this.#requests = 0;
    this.#writeTurnMs = Math.max(limits.writeTurnMs, turnMs * WRITE_SHARE);
    if (this.#isShedding) this.#isShedding = now - this.#lastRefusalMs < limits.calmMs;
    else if (this.#longTurns >= limits.longTurns) this.#startShedding(now);
    if (now - this.#windowStartMs >= WINDOW_MS) this.#startWindow(now);
  };

  #startShedding(now: number): void {
    this.#isShedding = true;
    this.#lastRefusalMs = now;
  }

  #startWindow(now: number): void {
    const seconds = Math.ceil(this.#refused / Math.max(1, this.#taken));
    this.#retryAfterS = Math.min(MAX_RETRY_S, Math.max(MIN_RETRY_S, seconds));
    this.#windowStartMs = now;
    this.#taken = 0;
    this.#refused = 0;
  }
}
