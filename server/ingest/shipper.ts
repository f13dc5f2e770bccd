import { unlink } from 'node:fs/promises';
import { classify, codeOf, type FailureClass } from '../clickhouse/errors.ts';
import { backoffMs, pause, type Backoff } from '../clickhouse/retry.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Backlog } from './backlog.ts';
import type { Reach } from './fail-point.ts';
import type { Segment } from './segment.ts';

export interface ShipperDependencies {
  /** Puts a segment into ClickHouse; once it has resolved the segment is safe there. May be called again and again. */
  readonly insert: (segment: Segment) => Promise<void>;
  readonly backlog: Backlog;
  readonly log: Logger;
  readonly random: () => number;
  readonly reach: Reach;
  readonly onShipped: (segment: Segment, seconds: number) => void;
  readonly onFailure: (kind: FailureClass) => void;
}

/** While the server is away: from a tenth of a second to five. */
const SERVER_BACKOFF: Backoff = { firstMs: 100, maxMs: 5_000 };

/** For a segment that ClickHouse refuses: a person has to do something, so ask rarely. */
const REFUSED_BACKOFF: Backoff = { firstMs: 5_000, maxMs: 60_000 };

/** How often ClickHouse has refused a segment, and the timer that brings it back. */
interface Refusal {
  readonly times: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Ships sealed segments to ClickHouse, one at a time and oldest first, until ClickHouse has them; then removes them.
 *
 * States: `idle` (nothing to ship), `shipping`, `waiting` (the server failed; the same segment is tried again after a
 * pause), `closed`. A segment that ClickHouse refuses for its own content is put aside, reported, and tried again from
 * time to time, so that the ones behind it go on.
 */
export class Shipper {
  readonly #deps: ShipperDependencies;
  readonly #queue: Segment[] = [];
  readonly #refused = new Map<Segment, Refusal>();
  readonly #stop = new AbortController();
  #state: 'idle' | 'shipping' | 'waiting' | 'closed' = 'idle';
  #isWorking = false;
  #work: Promise<void> = Promise.resolve();
  #lastError: Error | undefined;

  constructor(dependencies: ShipperDependencies) {
    this.#deps = dependencies;
  }

  get state(): 'idle' | 'shipping' | 'waiting' | 'closed' {
    return this.#state;
  }

  /** Why the last try failed; undefined after a success. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** How many segments ClickHouse refuses at present. */
  get refused(): number {
    return this.#refused.size;
  }

  ship(segment: Segment): void {
    if (this.#state === 'closed') return;
    this.#queue.push(segment);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#work = this.#shipQueue();
  }

  /**
   * Ships what is queued, but gives up at the first failure of the server or after `deadlineMs`. What is left stays on
   * disk for the next start.
   */
  async close(deadlineMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#stop.abort(), deadlineMs);
    if (this.#state === 'waiting') this.#stop.abort();
    this.#state = 'closed';
    await Promise.race([this.#work, aborted(this.#stop.signal)]);
    clearTimeout(deadline);
    this.#stop.abort();
    for (const { timer } of this.#refused.values()) clearTimeout(timer);
  }

  async #shipQueue(): Promise<void> {
    let failures = 0;
    for (
      let segment = this.#queue[0];
      segment !== undefined && !this.#isAborted();
      segment = this.#queue[0]
    ) {
      this.#enter('shipping');
      const failure = await this.#try(segment);
      if (failure !== 'server') {
        this.#queue.shift();
        failures = 0;
        continue;
      }
      if (this.#state === 'closed') break;
      failures += 1;
      this.#enter('waiting');
      await pause(backoffMs(failures, SERVER_BACKOFF, this.#deps.random), this.#stop.signal);
    }
    this.#enter('idle');
    this.#isWorking = false;
  }

  /** @returns undefined when the segment is safe in ClickHouse, and otherwise what kind of failure it was */
  async #try(segment: Segment): Promise<FailureClass | undefined> {
    const started = performance.now();
    this.#deps.reach('before-ship');
    try {
      await this.#deps.insert(segment);
    } catch (error) {
      return this.#failed(segment, error);
    }
    this.#lastError = undefined;
    this.#refused.delete(segment);
    this.#deps.reach('shipped');
    await this.#remove(segment);
    this.#deps.reach('removed');
    this.#deps.onShipped(segment, (performance.now() - started) / 1000);
    return undefined;
  }

  /** A file that cannot be removed is shipped again by the next start, and counted once because of its token. */
  async #remove(segment: Segment): Promise<void> {
    this.#deps.backlog.remove(segment);
    await unlink(segment.path).catch((error: unknown) => {
      this.#deps.log.error({ err: error, segment: segment.name }, 'a shipped segment could not be removed');
    });
  }

  #failed(segment: Segment, error: unknown): FailureClass {
    const kind = classify(error);
    this.#lastError = error instanceof Error ? error : new Error(String(error));
    this.#deps.onFailure(kind);
    const facts = {
      segment: segment.name,
      rows: segment.rows,
      code: codeOf(error),
      reason: messageOf(error),
    };
    if (kind === 'server') {
      this.#deps.log.warn(
        facts,
        'ClickHouse did not take a segment; it stays in the journal and is tried again',
      );
      return kind;
    }
    this.#deps.log.error(facts, 'ClickHouse refuses a segment; it stays in the journal and the others go on');
    this.#putAside(segment);
    return kind;
  }

  #putAside(segment: Segment): void {
    const times = (this.#refused.get(segment)?.times ?? 0) + 1;
    const waitMs = backoffMs(times, REFUSED_BACKOFF, this.#deps.random);
    const timer = setTimeout(() => this.ship(segment), waitMs);
    this.#refused.set(segment, { times, timer: timer.unref() });
  }

  #enter(state: 'idle' | 'shipping' | 'waiting'): void {
    if (this.#state !== 'closed') this.#state = state;
  }

  #isAborted(): boolean {
    return this.#stop.signal.aborted;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
