import { classify, codeOf, mayBeTheRows, NotReady, type FailureClass } from '../clickhouse/errors.ts';
import { backoffMs, type Backoff } from '../common/retry.ts';
import { deferred } from '../common/deferred.ts';
import { messageOf } from '../common/errors.ts';
import type { Hit } from '../journal/fail-point.ts';
import type { Journal } from '../journal/journal.ts';
import type { Segment } from '../journal/segment.ts';
import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/log.ts';
import type { Insert } from './insert-rows.ts';
import { Pace, type Lane } from './pace.ts';
import { openParcels, splitSegment, Unreadable, wholeSegment, type Parcel } from './parcel.ts';
import type { Settlement } from './settlement.ts';
import { ShipmentQueue, type Shipment } from './shipment-queue.ts';

export interface ShipperDependencies {
  readonly table: string;
  readonly insert: (insert: Insert) => Promise<void>;
  /** Where rows wait that no lane has yet. */
  readonly journal: () => Pick<Journal, 'open' | 'seal'>;
  readonly settle: Pick<Settlement, 'done' | 'unreadable'>;
  /** ClickHouse may not take these parcels for what is in them; they are somebody else's from now on. */
  readonly onRefused: (parcels: readonly Parcel[]) => void;
  /** ClickHouse has the rows of one INSERT, which took so long. */
  readonly onStored: (seconds: number) => void;
  readonly onFailure: (kind: FailureClass) => void;
  /** An INSERT is sent again. */
  readonly onRetry: () => void;
  /** The sustained interval between two INSERTs, in milliseconds. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly hit: Hit;
}

/** While ClickHouse is unavailable, and before what failed is tried again: from a tenth of a second to five. */
const RETRY_PAUSE: Backoff = { firstMs: 100, maxMs: 5_000 };

/** So often one shipment is tried before its rows are taken for the reason. */
const MAX_TRIES = 3;

/** When so many fresh segments in a row fail, it is not for what is in them. */
const MAX_FRESH_FAILURES = 8;

const NOTHING = { rows: 0, historic: 0 };

const NOT_TAKEN = 'ClickHouse did not take an INSERT; its rows stay in the journal and are sent again';

/**
 * Ships the rows of one table to ClickHouse, at least once, in two lanes with one INSERT in flight each:
 * - `fresh`: the journal's open segment, which is sealed for it, so that it is always the newest there is. It is sent at
 *   once when none is in flight and the pace allows, and grows meanwhile.
 * - `backlog`: all other segments, the latest first and many to an INSERT: those that were taken over, that are full,
 *   whose INSERT failed; and what is historic, so that what happens now does not wait for it.
 *
 * States: `open`; `unavailable` (ClickHouse does not answer or is not ready: after growing pauses the backlog lane tries
 * one shipment, and no segment is sealed while there is one; after the first success the newest rows go first);
 * `closing` (all is sent without a pace, up to the first failure); `closed`.
 */
export class Shipper {
  readonly #deps: ShipperDependencies;
  readonly #pace: Pace;
  readonly #queue = new ShipmentQueue();
  readonly #inFlight = new Set<Lane>();
  #state: 'open' | 'unavailable' | 'closing' | 'closed' = 'open';
  /** Failures in a row of ClickHouse as a whole, and until when nothing is tried. */
  #failures = 0;
  #resumeMs = 0;
  #freshFailures = 0;
  #isSealing = false;
  #lastError: Error | undefined;
  #cancelTimer: () => void = () => undefined;
  readonly #drained = deferred<void>();

  constructor(dependencies: ShipperDependencies) {
    this.#deps = dependencies;
    const { intervalMs, clock } = dependencies;
    this.#pace = new Pace({ intervalMs, nowMs: () => clock.nowMs() });
  }

  /** What each lane does, for people. */
  get state(): Readonly<Record<Lane, 'idle' | 'sending' | 'waiting' | 'unavailable' | 'closed'>> {
    const ready = this.#ready();
    const of = (lane: Lane) => {
      if (this.#state === 'closed') return 'closed';
      if (this.#inFlight.has(lane)) return 'sending';
      if (this.#state === 'unavailable') return 'unavailable';
      return ready.includes(lane) ? 'waiting' : 'idle';
    };
    return { fresh: of('fresh'), backlog: of('backlog') };
  }

  /** Why the last INSERT failed; undefined after a success, and after what was handed on. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** To be called when rows wait in the journal. */
  wake(): void {
    this.#pump();
  }

  /** A sealed segment for the backlog lane. */
  ship(segment: Segment): void {
    this.#queue.add(wholeSegment(segment));
    this.#pump();
  }

  /**
   * Ships what is held, but gives up at the first failure of ClickHouse or after `deadlineMs`. What is left stays on disk
   * for the next start.
   */
  async close(deadlineMs: number): Promise<void> {
    if (this.#state === 'closed') return;
    const isHopeless = this.#state === 'unavailable';
    this.#state = isHopeless ? 'closed' : 'closing';
    const cancel = this.#deps.clock.after(deadlineMs, () => this.#stop());
    if (isHopeless && this.#inFlight.size === 0) this.#stop();
    else this.#pump();
    await this.#drained.promise;
    cancel();
  }

  #stop(): void {
    this.#state = 'closed';
    this.#cancelTimer();
    this.#drained.resolve();
  }

  /** Starts what may start now, and comes back when the next may. */
  #pump(): void {
    this.#cancelTimer();
    for (let ready = this.#ready(); ready.length > 0; ready = this.#ready()) {
      const { lane, waitMs } = this.#next(ready);
      if (waitMs > 0) {
        this.#cancelTimer = this.#deps.clock.after(waitMs, () => this.#pump());
        return;
      }
      this.#pace.take(lane, ready);
      this.#inFlight.add(lane);
      void this.#run(lane);
    }
    if ((this.#state === 'closing' || this.#state === 'closed') && this.#inFlight.size === 0) this.#stop();
  }

  #next(ready: readonly Lane[]): { readonly lane: Lane; readonly waitMs: number } {
    const nowMs = this.#deps.clock.nowMs();
    if (this.#state === 'closing') return { lane: ready[0] ?? 'backlog', waitMs: 0 };
    const next = this.#pace.next(ready);
    const isQueued = next.lane === 'backlog' && !this.#queue.isEmpty;
    const resumeMs = this.#state === 'open' && isQueued ? this.#queue.nextMs : this.#resumeMs;
    return { ...next, waitMs: Math.max(next.waitMs, resumeMs - nowMs) };
  }

  /** The lanes that have something to send and nothing in flight. */
  #ready(): Lane[] {
    if (this.#state === 'closed') return [];
    const isUnavailable = this.#state === 'unavailable';
    // One try at a time, with what is sealed already.
    if (isUnavailable && this.#inFlight.size > 0) return [];
    const { rows, historic } = this.#isSealing ? NOTHING : this.#deps.journal().open;
    const hasFresh = rows > historic && !isUnavailable;
    const hasBacklog = !this.#queue.isEmpty || (rows > 0 && !hasFresh);
    const lanes: Lane[] = [];
    if (hasFresh && !this.#inFlight.has('fresh')) lanes.push('fresh');
    if (hasBacklog && !this.#inFlight.has('backlog')) lanes.push('backlog');
    return lanes;
  }

  async #run(lane: Lane): Promise<void> {
    try {
      const shipment = lane === 'fresh' ? await this.#takeFresh() : await this.#takeBacklog();
      if (shipment !== undefined) await this.#send(shipment, lane);
    } catch (error) {
      this.#deps.log.error({ err: error }, 'a lane of the shipper failed; it goes on');
      this.#unavailable(error);
    } finally {
      this.#inFlight.delete(lane);
      this.#pump();
    }
  }

  async #takeFresh(): Promise<Shipment | undefined> {
    const segment = await this.#seal();
    if (segment === undefined) return undefined;
    if (segment.historicRows === 0) return shipmentOf(wholeSegment(segment));
    const { recent, historic } = splitSegment(segment);
    this.#queue.add(historic);
    return shipmentOf(recent);
  }

  /** With what waits in the journal, when all of that is historic, or nothing else is there to try. */
  async #takeBacklog(): Promise<Shipment | undefined> {
    const { rows, historic } = this.#deps.journal().open;
    const isUnavailable = this.#state === 'unavailable';
    if (rows > 0 && !this.#isSealing && (isUnavailable ? this.#queue.isEmpty : rows === historic)) {
      const segment = await this.#seal();
      if (segment !== undefined) this.#queue.add(wholeSegment(segment));
    }
    if (isUnavailable) return this.#queue.takeOne();
    return this.#queue.take(this.#state === 'closing' ? Infinity : this.#deps.clock.nowMs());
  }

  /** Only one lane at a time may ask for the open segment. */
  async #seal(): Promise<Segment | undefined> {
    this.#isSealing = true;
    try {
      return await this.#deps.journal().seal();
    } finally {
      this.#isSealing = false;
      this.#pump();
    }
  }

  async #send(shipment: Shipment, lane: Lane): Promise<void> {
    const { table, insert, settle, onStored, onRetry, hit } = this.#deps;
    const startedMs = performance.now();
    hit('before-ship');
    if (shipment.sent > 0) onRetry();
    try {
      await insert({ table, rows: async () => openParcels(shipment.parcels) });
    } catch (error) {
      await this.#failed({ ...shipment, sent: shipment.sent + 1 }, lane, error);
      return;
    }
    this.#lastError = undefined;
    this.#failures = 0;
    this.#freshFailures = 0;
    this.#resumeMs = 0;
    if (this.#state === 'unavailable') this.#state = 'open';
    onStored((performance.now() - startedMs) / 1000);
    hit('shipped');
    await settle.done(shipment.parcels);
  }

  async #failed(shipment: Shipment, lane: Lane, error: unknown): Promise<void> {
    const { settle, onFailure, onRefused, clock, random } = this.#deps;
    if (error instanceof Unreadable) {
      await settle.unreadable(error);
      this.#queue.addEach({ ...shipment, parcels: shipment.parcels.filter(({ isDone }) => !isDone) });
      return;
    }
    this.#lastError = error instanceof Error ? error : new Error(String(error));
    onFailure(classify(error));
    this.#report(shipment, error);
    if (this.#state === 'closing' || this.#state === 'closed') {
      this.#queue.addEach(shipment);
      this.#state = 'closed';
      return;
    }
    if (!mayBeTheRows(error)) {
      this.#queue.addEach(shipment);
      this.#unavailable(error);
      return;
    }
    this.#freshFailures += lane === 'fresh' ? 1 : 0;
    if (this.#state === 'unavailable' || this.#freshFailures >= MAX_FRESH_FAILURES) this.#unavailable(error);
    const tries = shipment.tries + 1;
    if (classify(error) === 'request' || tries >= MAX_TRIES) {
      this.#lastError = undefined;
      onRefused(shipment.parcels);
    } else {
      const afterMs = clock.nowMs() + backoffMs(tries, RETRY_PAUSE, random);
      this.#queue.addAgain({ ...shipment, tries, afterMs });
    }
  }

  #unavailable(error: unknown): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'unavailable';
    this.#failures += 1;
    this.#resumeMs = this.#deps.clock.nowMs() + backoffMs(this.#failures, RETRY_PAUSE, this.#deps.random);
    this.#lastError = error instanceof Error ? error : new Error(String(error));
  }

  #report({ parcels }: Shipment, error: unknown): void {
    // The gate says why it is shut, once.
    if (error instanceof NotReady) return;
    const segments = parcels.map(({ segment }) => segment.name);
    const facts = { segments, code: codeOf(error), reason: messageOf(error) };
    this.#deps.log.warn(facts, NOT_TAKEN);
  }
}

function shipmentOf(parcel: Parcel): Shipment {
  return { parcels: [parcel], sent: 0, tries: 0, afterMs: 0 };
}
