import { classify, codeOf, mayBeTheRows, NotReady, type FailureClass } from '../clickhouse/errors.ts';
import { backoffMs } from '../common/retry.ts';
import { errorOf, messageOf } from '../common/errors.ts';
import type { Hit } from '../journal/fail-point.ts';
import type { Journal } from '../journal/journal.ts';
import type { Segment } from '../journal/segment.ts';
import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/log.ts';
import type { Insert } from './insert-rows.ts';
import { Lanes, type Lane } from './lanes.ts';
import { MAX_FRESH_FAILURES, MAX_TRIES, RETRY_PAUSE, UNREADABLE_PAUSE_MS } from './limits.ts';
import { openParcels, readParcel, splitSegment, Unreadable, wholeSegment, type Parcel } from './parcel.ts';
import type { Settlement } from './settlement.ts';
import { shipmentOf, ShipmentQueue, type Shipment } from './shipment-queue.ts';

export interface ShipperDependencies {
  readonly table: string;
  /** One INSERT; see `Gate.pass` and `insertRows`. */
  readonly insert: (insert: Insert) => Promise<void>;
  /** Where rows wait that no lane has yet. */
  readonly journal: () => Pick<Journal, 'open' | 'seal'>;
  readonly settle: Pick<Settlement, 'done' | 'unreadable'>;
  /** ClickHouse may not take these parcels for what is in them; they are somebody else's from now on. */
  readonly onRefused: (parcels: readonly Parcel[]) => void;
  /** Called as the newest rows are sent, with what settles when that is over; it never rejects. */
  readonly onStoring: (sent: Promise<void>) => void;
  /** ClickHouse has the rows of one INSERT, which took so long. */
  readonly onStored: (seconds: number) => void;
  readonly onFailure: (kind: FailureClass) => void;
  /** The sustained interval between two INSERTs, in milliseconds. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly hit: Hit;
}

const NOTHING = { rows: 0, historic: 0 };

const NOT_TAKEN = 'ClickHouse did not take an INSERT; its rows stay in the journal and are sent again';

/**
 * Ships the rows of one table to ClickHouse, at least once, in two lanes:
 * - `fresh`: the journal's open segment, which is sealed for it, so that it is always the newest there is. It is sent at
 *   once when none is in flight and the pace allows, and grows meanwhile.
 * - `backlog`: all other segments, the latest first and many to an INSERT: those that were taken over, that are full,
 *   whose INSERT failed; and what is historic, so that what happens now does not wait for it.
 *
 * While ClickHouse is unavailable (it does not answer or is not ready) the backlog lane alone tries, and no segment is
 * sealed while there is one; after the first success the newest rows go first.
 */
export class Shipper {
  readonly #deps: ShipperDependencies;
  readonly #lanes: Lanes;
  readonly #queue = new ShipmentQueue();
  #freshFailures = 0;
  #isSealing = false;
  #lastError: Error | undefined;
  /** Parcels that can neither be read nor be put into quarantine, and why. */
  readonly #beside = new Map<Parcel, Unreadable>();

  constructor(dependencies: ShipperDependencies) {
    this.#deps = dependencies;
    this.#lanes = new Lanes({
      ...dependencies,
      waiting: () => this.#waiting(),
      backlogDueMs: () => this.#queue.nextMs,
      send: async (lane) => {
        const sent = this.#run(lane);
        if (lane === 'fresh') dependencies.onStoring(sent);
        await sent;
      },
    });
  }

  /** What each lane does, for people. */
  get state(): Lanes['states'] {
    return this.#lanes.states;
  }

  /** Whether the last try said that ClickHouse takes nothing, whatever is tried now. */
  get isUnavailable(): boolean {
    return this.#lanes.isUnavailable;
  }

  /** Why the last INSERT failed, or else a segment cannot be read; undefined while all is sent, or handed on. */
  get lastError(): Error | undefined {
    return this.#lastError ?? this.#beside.values().next().value;
  }

  /** To be called when rows wait in the journal. */
  wake(): void {
    this.#lanes.pump();
  }

  /** A sealed segment for the backlog lane. */
  ship(segment: Segment): void {
    this.#queue.add(wholeSegment(segment));
    this.#lanes.pump();
  }

  /**
   * Ships what is held, but gives up at the first failure of ClickHouse or after `deadlineMs`. What is left stays on disk
   * for the next start.
   */
  async close(deadlineMs: number): Promise<void> {
    await this.#lanes.close(deadlineMs);
  }

  #waiting(): readonly Lane[] {
    const { rows, historic } = this.#isSealing ? NOTHING : this.#deps.journal().open;
    const hasFresh = rows > historic && !this.#lanes.isUnavailable;
    const lanes: Lane[] = hasFresh ? ['fresh'] : [];
    if (!this.#queue.isEmpty || (rows > 0 && !hasFresh)) lanes.push('backlog');
    return lanes;
  }

  async #run(lane: Lane): Promise<void> {
    try {
      const shipment = lane === 'fresh' ? await this.#takeFresh() : await this.#takeBacklog();
      if (shipment !== undefined) await this.#send(shipment, lane);
    } catch (error) {
      this.#deps.log.error({ err: error }, 'a lane of the shipper failed; it goes on');
      this.#lastError = errorOf(error);
      this.#lanes.unavailable();
    }
  }

  async #takeFresh(): Promise<Shipment | undefined> {
    const segment = await this.#seal();
    if (segment === undefined) return undefined;
    if (segment.historicRows === 0) return shipmentOf([wholeSegment(segment)]);
    const { recent, historic } = splitSegment(segment);
    this.#queue.add(historic);
    return shipmentOf([recent]);
  }

  /** With what waits in the journal, when all of that is historic, or nothing else is there to try. */
  async #takeBacklog(): Promise<Shipment | undefined> {
    const { rows, historic } = this.#deps.journal().open;
    const { isUnavailable } = this.#lanes;
    if (rows > 0 && !this.#isSealing && (isUnavailable ? this.#queue.isEmpty : rows === historic)) {
      const segment = await this.#seal();
      if (segment !== undefined) this.#queue.add(wholeSegment(segment));
    }
    if (isUnavailable) return this.#queue.takeOne();
    return this.#queue.take(this.#lanes.isClosing ? Infinity : this.#deps.clock.nowMs());
  }

  /** Only one lane at a time may ask for the open segment. */
  async #seal(): Promise<Segment | undefined> {
    this.#isSealing = true;
    try {
      return await this.#deps.journal().seal();
    } finally {
      this.#isSealing = false;
      this.#lanes.pump();
    }
  }

  async #send(shipment: Shipment, lane: Lane): Promise<void> {
    const { table, insert, settle, onStored, hit } = this.#deps;
    const startedMs = performance.now();
    hit('before-ship');
    try {
      await insert({ table, rows: async () => openParcels(shipment.parcels) });
    } catch (error) {
      await this.#failed(shipment, lane, error);
      return;
    }
    this.#freshFailures = 0;
    this.#available();
    onStored((performance.now() - startedMs) / 1000);
    hit('shipped');
    await settle.done(shipment.parcels);
  }

  #available(): void {
    this.#lastError = undefined;
    this.#lanes.available();
  }

  async #failed(shipment: Shipment, lane: Lane, error: unknown): Promise<void> {
    const { onFailure, onRefused, clock, random } = this.#deps;
    if (error instanceof Unreadable) {
      await this.#unreadable(error);
      this.#queue.addEach(shipment.parcels.filter((each) => each !== error.parcel));
      // Nothing is left that would find it unavailable again; what comes next does.
      if (this.#queue.isEmpty) this.#available();
      return;
    }
    this.#lastError = errorOf(error);
    onFailure(classify(error));
    this.#report(shipment, error);
    if (this.#lanes.isClosing || !mayBeTheRows(error)) {
      this.#queue.addEach(shipment.parcels);
      this.#lanes.unavailable();
      return;
    }
    this.#freshFailures += lane === 'fresh' ? 1 : 0;
    if (this.#lanes.isUnavailable || this.#freshFailures >= MAX_FRESH_FAILURES) this.#lanes.unavailable();
    const tries = shipment.tries + 1;
    if (classify(error) === 'request' || tries >= MAX_TRIES) {
      this.#lastError = undefined;
      onRefused(shipment.parcels);
    } else {
      const afterMs = clock.nowMs() + backoffMs(tries, RETRY_PAUSE, random);
      this.#queue.addAgain({ ...shipment, tries, afterMs });
    }
  }

  /** What is not even in quarantine waits outside of the queue, and is read there, so that it keeps nothing else back. */
  async #unreadable(error: Unreadable): Promise<void> {
    const { settle, clock, log } = this.#deps;
    const { parcel } = error;
    await settle.unreadable(error);
    if (parcel.isDone) {
      this.#beside.delete(parcel);
      return;
    }
    if (!this.#beside.has(parcel)) log.error({ reason: error.message }, 'a segment waits until it can be read');
    this.#beside.set(parcel, error);
    clock.after(UNREADABLE_PAUSE_MS, () => void this.#readAgain(parcel));
  }

  async #readAgain(parcel: Parcel): Promise<void> {
    if (this.#lanes.isClosing) return;
    try {
      await readParcel(parcel);
    } catch (error) {
      await this.#unreadable(error instanceof Unreadable ? error : new Unreadable(parcel, error));
      return;
    }
    this.#beside.delete(parcel);
    this.#queue.add(parcel);
    this.#lanes.pump();
  }

  #report({ parcels }: Shipment, error: unknown): void {
    // The gate says why it is shut, once.
    if (error instanceof NotReady) return;
    const segments = parcels.map(({ segment }) => segment.name);
    const facts = { segments, code: codeOf(error), reason: messageOf(error) };
    this.#deps.log.warn(facts, NOT_TAKEN);
  }
}
