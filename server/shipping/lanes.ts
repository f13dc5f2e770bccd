import type { Clock } from '../common/clock.ts';
import { deferred } from '../common/deferred.ts';
import { backoffMs } from '../common/retry.ts';
import { BACKLOG_SHARE, BURST, RETRY_PAUSE } from './limits.ts';

/** One INSERT of each is in flight at most. */
export type Lane = 'fresh' | 'backlog';

export interface LanesDependencies {
  /** Those that have something to send, whether or not one of theirs is in flight. */
  readonly waiting: () => readonly Lane[];
  /** From when on what waits in the backlog lane may be sent. */
  readonly backlogDueMs: () => number;
  /** Sends what a lane has; never throws. */
  readonly send: (lane: Lane) => Promise<void>;
  /** The sustained interval between two INSERTs, in milliseconds. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Which lane sends next, and when.
 *
 * States: `open`, at a pace, and while ClickHouse is unavailable with one try at a time, after growing pauses; `closing`
 * (all is sent without a pace, up to the first failure); `closed`.
 */
export class Lanes {
  readonly #deps: LanesDependencies;
  readonly #pace: Pace;
  readonly #inFlight = new Set<Lane>();
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** In a row, of ClickHouse as a whole; and until when nothing is tried for them. */
  #failures = 0;
  #resumeMs = 0;
  #cancelTimer: () => void = () => undefined;
  readonly #drained = deferred<void>();

  constructor(dependencies: LanesDependencies) {
    this.#deps = dependencies;
    const { intervalMs, clock } = dependencies;
    this.#pace = new Pace(intervalMs, () => clock.nowMs());
  }

  /** What each lane does, for people. */
  get states(): Readonly<Record<Lane, 'idle' | 'sending' | 'waiting' | 'unavailable' | 'closed'>> {
    const ready = this.#ready();
    const of = (lane: Lane) => {
      if (this.#state === 'closed') return 'closed';
      if (this.#inFlight.has(lane)) return 'sending';
      if (this.isUnavailable) return 'unavailable';
      return ready.includes(lane) ? 'waiting' : 'idle';
    };
    return { fresh: of('fresh'), backlog: of('backlog') };
  }

  get isUnavailable(): boolean {
    return this.#state === 'open' && this.#failures > 0;
  }

  get isClosing(): boolean {
    return this.#state !== 'open';
  }

  /** ClickHouse has taken an INSERT. */
  available(): void {
    this.#failures = 0;
  }

  /** ClickHouse as a whole takes nothing just now. While closing, that is the end. */
  unavailable(): void {
    if (this.#state !== 'open') {
      this.#state = 'closed';
      return;
    }
    const { clock, random } = this.#deps;
    this.#failures += 1;
    this.#resumeMs = clock.nowMs() + backoffMs(this.#failures, RETRY_PAUSE, random);
  }

  /** Starts what may start now, and comes back when the next may. */
  pump(): void {
    this.#cancelTimer();
    for (let ready = this.#ready(); ready.length > 0; ready = this.#ready()) {
      const { lane, waitMs } = this.#next(ready);
      if (waitMs > 0) {
        this.#cancelTimer = this.#deps.clock.after(waitMs, () => this.pump());
        return;
      }
      this.#pace.take(lane, ready);
      this.#inFlight.add(lane);
      void this.#send(lane);
    }
    if (this.isClosing && this.#inFlight.size === 0) this.#stop();
  }

  /** Resolves when everything is sent, after the first failure, or after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = this.isUnavailable ? 'closed' : 'closing';
    const cancel = this.#deps.clock.after(deadlineMs, () => this.#stop());
    this.pump();
    await this.#drained.promise;
    cancel();
  }

  #stop(): void {
    this.#state = 'closed';
    this.#cancelTimer();
    this.#drained.resolve();
  }

  async #send(lane: Lane): Promise<void> {
    await this.#deps.send(lane);
    this.#inFlight.delete(lane);
    this.pump();
  }

  /** The lanes that have something to send and nothing in flight. */
  #ready(): readonly Lane[] {
    if (this.#state === 'closed' || (this.isUnavailable && this.#inFlight.size > 0)) return [];
    return this.#deps.waiting().filter((lane) => !this.#inFlight.has(lane));
  }

  #next(ready: readonly Lane[]): { readonly lane: Lane; readonly waitMs: number } {
    if (this.#state === 'closing') return { lane: ready[0] ?? 'backlog', waitMs: 0 };
    const { clock, backlogDueMs } = this.#deps;
    const next = this.#pace.next(ready);
    const dueMs = this.isUnavailable ? this.#resumeMs : next.lane === 'backlog' ? backlogDueMs() : 0;
    return { ...next, waitMs: Math.max(next.waitMs, dueMs - clock.nowMs()) };
  }
}

/**
 * When the next INSERT into a table may begin: a token bucket. What is fresh goes first, but of every four tokens one is
 * the backlog's, so that it always comes on. Otherwise the backlog leaves one, so that the next event does not wait.
 */
export class Pace {
  readonly #intervalMs: number;
  readonly #nowMs: () => number;
  #tokens = BURST;
  #filledMs: number;
  /** How many in a row the fresh lane took while the backlog waited. */
  #inRow = 0;

  /**
   * @param intervalMs the sustained interval between two INSERTs
   * @param nowMs milliseconds since some moment; never goes back
   */
  constructor(intervalMs: number, nowMs: () => number) {
    this.#intervalMs = intervalMs;
    this.#nowMs = nowMs;
    this.#filledMs = nowMs();
  }

  /**
   * Which of the lanes that have something to send is the next, and in how many milliseconds it may.
   * @param ready at least one
   */
  next(ready: readonly Lane[]): { readonly lane: Lane; readonly waitMs: number } {
    const isBacklogsTurn = this.#inRow >= BACKLOG_SHARE - 1;
    const isFresh = ready.includes('fresh') && !(isBacklogsTurn && ready.includes('backlog'));
    const needed = isFresh || isBacklogsTurn ? 1 : 2;
    const missing = needed - this.#fill();
    return {
      lane: isFresh ? 'fresh' : 'backlog',
      waitMs: Math.max(0, Math.ceil(missing * this.#intervalMs)),
    };
  }

  take(lane: Lane, ready: readonly Lane[]): void {
    this.#tokens = Math.max(0, this.#fill() - 1);
    this.#inRow = lane === 'fresh' && ready.includes('backlog') ? this.#inRow + 1 : 0;
  }

  #fill(): number {
    const nowMs = this.#nowMs();
    this.#tokens = Math.min(BURST, this.#tokens + (nowMs - this.#filledMs) / this.#intervalMs);
    this.#filledMs = nowMs;
    return this.#tokens;
  }
}
