import { classify, codeOf, NotReady, type FailureClass } from '../clickhouse/errors.ts';
import { backoffMs, pause, type Backoff } from '../clickhouse/retry.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Backlog } from './backlog.ts';
import type { Reach } from './fail-point.ts';
import { removeSegment } from './remove-segment.ts';
import type { Segment } from './segment.ts';
import { wholeSegment, type Shipment } from './shipment.ts';

export interface ShipperDependencies {
  /** Puts a segment into ClickHouse; once it has resolved the segment is safe there. May be called again and again. */
  readonly insert: (shipment: Shipment) => Promise<void>;
  readonly backlog: Backlog;
  readonly log: Logger;
  readonly random: () => number;
  readonly reach: Reach;
  readonly onShipped: (segment: Segment, seconds: number) => void;
  readonly onFailure: (kind: FailureClass) => void;
  /** ClickHouse refuses the segment for its own content; it is somebody else's from now on. */
  readonly onRefused: (segment: Segment) => void;
}

/** While the server is away: from a tenth of a second to five. */
const SERVER_BACKOFF: Backoff = { firstMs: 100, maxMs: 5_000 };

const NOT_TAKEN = 'ClickHouse did not take a segment; it stays in the journal and is tried again';

/**
 * Ships sealed segments to ClickHouse, one at a time and oldest first, until ClickHouse has them; then removes them.
 *
 * States: `idle` (nothing to ship), `shipping`, `waiting` (the server failed, or the tables are not as they should be; the same segment is tried again after a
 * pause), `closed`. A segment that ClickHouse refuses for its own content is handed on, so that the ones behind it go on.
 */
export class Shipper {
  readonly #deps: ShipperDependencies;
  readonly #queue: Segment[] = [];
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

  /** Why the last try failed; undefined after a success, and after what was handed on. */
  get lastError(): Error | undefined {
    return this.#lastError;
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
      if (failure === undefined || failure === 'request') {
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
      await this.#deps.insert(wholeSegment(segment));
    } catch (error) {
      return this.#failed(segment, error);
    }
    this.#lastError = undefined;
    this.#deps.reach('shipped');
    await removeSegment(segment, this.#deps.log);
    this.#deps.reach('removed');
    this.#deps.backlog.remove(segment);
    this.#deps.onShipped(segment, (performance.now() - started) / 1000);
    return undefined;
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
    if (kind !== 'request') {
      // The gate says why it is shut, once.
      if (!(error instanceof NotReady)) this.#deps.log.warn(facts, NOT_TAKEN);
      return kind;
    }
    this.#deps.log.error(
      facts,
      'ClickHouse does not take a segment as a whole; it is cut, and the others go on',
    );
    this.#lastError = undefined;
    this.#deps.onRefused(segment);
    return kind;
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
