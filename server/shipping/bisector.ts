import { Readable } from 'node:stream';
import { classify, codeOf, mayBeTheRows, refusesRows, type FailureClass } from '../clickhouse/errors.ts';
import { WITHOUT_VIEWS } from '../clickhouse/insert-settings.ts';
import { backoffMs, pause } from '../common/retry.ts';
import { errorOf, messageOf } from '../common/errors.ts';
import { unlessAborted } from '../common/shared.ts';
import { untyped } from '../events/row.ts';
import { rowsOf } from '../journal/segment-rows.ts';
import { EVENTS, type Segment } from '../journal/segment.ts';
import type { Logger } from '../common/log.ts';
import type { Insert } from './insert-rows.ts';
import { BISECT_LEAF_ROWS, BISECT_PACE_MS, BISECT_PAUSE } from './limits.ts';
import { readParcel, Unreadable, type Parcel } from './parcel.ts';
import type { Settlement } from './settlement.ts';

export interface BisectorDependencies {
  readonly table: string;
  readonly insert: (insert: Insert) => Promise<void>;
  /** Makes a row that ClickHouse refuses durable as a rejected one. Done twice, it is one. */
  readonly keep: (segment: Segment, text: string, words: string) => Promise<void>;
  readonly settle: Pick<Settlement, 'done' | 'unreadable'>;
  /** So many rows are stored without their typed column. */
  readonly onUntyped: (rows: number) => void;
  readonly onFailure: (kind: FailureClass) => void;
  readonly log: Logger;
  readonly random: () => number;
}

/** A failure that says nothing about the rows: what was begun is begun again later. */
class RetryLater extends Error {}

/**
 * Ships what ClickHouse does not take for what is in it, beside the lanes: segment by segment, whose rows it halves until
 * what is refused is alone. A few rows that fail are sent without their typed column; one row that is refused like that,
 * too, is kept as a rejected event. Only what ClickHouse says of the row is a reason for that: where the server fails, or
 * a view that reads from the table, everything is kept and begun again after a pause.
 *
 * Nothing is written down: after a crash it is done again from the start. What is stored twice counts once, and a row that
 * is rejected twice is one rejection.
 *
 * States: `idle`, `working`, `waiting` (the next one's turn comes after a pause), `closed`.
 */
export class Bisector {
  readonly #deps: BisectorDependencies;
  readonly #queue: Parcel[] = [];
  readonly #stop = new AbortController();
  #isWorking = false;
  #work: Promise<void> = Promise.resolve();
  #lastError: Error | undefined;

  constructor(dependencies: BisectorDependencies) {
    this.#deps = dependencies;
  }

  /** How many segments, or parts of them, are being bisected or wait for it. */
  get segments(): number {
    return this.#queue.length;
  }

  /** Why the last one could not be done; undefined after one is done. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** @param parcels that failed as one INSERT */
  add(parcels: readonly Parcel[]): void {
    if (this.#stop.signal.aborted) return;
    this.#queue.push(...parcels);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#work = this.#workUntilDone();
  }

  /** Waits for no INSERT under way. What is left stays on disk for the next start. */
  async close(): Promise<void> {
    this.#stop.abort(new RetryLater('this server is shutting down'));
    await this.#work;
  }

  async #workUntilDone(): Promise<void> {
    let failures = 0;
    for (let next = this.#queue[0]; next !== undefined && !this.#isClosed(); next = this.#queue[0]) {
      try {
        const refused = await this.#bisect(next, rowsOf(await readParcel(next)));
        await this.#deps.settle.done([next], refused);
        this.#queue.shift();
        this.#lastError = undefined;
        failures = 0;
      } catch (error) {
        this.#queue.shift();
        if (error instanceof Unreadable) await this.#deps.settle.unreadable(error);
        if (!next.isDone) this.#queue.push(next);
        failures += 1;
        this.#failed(next, error);
        await pause(backoffMs(failures, BISECT_PAUSE, this.#deps.random), this.#stop.signal);
      }
    }
    this.#isWorking = false;
  }

  /** @returns how many of the rows are kept as rejected ones; the others are stored */
  async #bisect(parcel: Parcel, rows: readonly Buffer[]): Promise<number> {
    if (rows.length === 0) return 0;
    const first = await this.#try(rows);
    if (first === undefined) return 0;
    if (rows.length === 1 || (rows.length <= BISECT_LEAF_ROWS && !refusesRows(first))) {
      const again = this.#deps.table === EVENTS ? rows.map(untyped) : rows;
      const second = await this.#try(again);
      if (second === undefined) {
        this.#deps.onUntyped(again.filter((row, index) => row !== rows[index]).length);
        return 0;
      }
      if (rows.length === 1) {
        await this.#reject(parcel, rows, first, second);
        return 1;
      }
    }
    const middle = Math.ceil(rows.length / 2);
    const refused = await this.#bisect(parcel, rows.slice(0, middle));
    return refused + (await this.#bisect(parcel, rows.slice(middle)));
  }

  /** @throws RetryLater unless ClickHouse has refused the one row twice, and itself */
  async #reject(parcel: Parcel, [row]: readonly Buffer[], first: Error, second: Error): Promise<void> {
    if (row === undefined) return;
    if (!refusesRows(first) || !refusesRows(second)) throw new RetryLater(messageOf(second), { cause: second });
    if ((await this.#try([row], WITHOUT_VIEWS)) === undefined)
      throw new RetryLater(`a view fails that reads from ${this.#deps.table}: ${messageOf(second)}`);
    const text = row.toString().trimEnd();
    await this.#deps.keep(parcel.segment, text, messageOf(second));
    const facts = { segment: parcel.segment.name, reason: messageOf(second) };
    this.#deps.log.error(facts, 'ClickHouse refuses a row; it is kept as a rejected event');
  }

  /** @returns undefined when they are stored, and otherwise what may be for the rows; anything else is thrown */
  async #try(rows: readonly Buffer[], settings: Insert['settings'] = {}): Promise<Error | undefined> {
    const { signal } = this.#stop;
    await pause(BISECT_PACE_MS, signal);
    const insert = { table: this.#deps.table, rows: async () => Readable.from([Buffer.concat(rows)]), settings };
    try {
      // One that is under way may take longer than a stop: what comes of it counts once, like all that is sent again.
      signal.throwIfAborted();
      await unlessAborted(signal, this.#deps.insert(insert));
      return undefined;
    } catch (error) {
      if (error instanceof Error && mayBeTheRows(error)) return error;
      throw error;
    }
  }

  #failed({ segment }: Parcel, error: unknown): void {
    if (this.#isClosed()) return;
    this.#lastError = errorOf(error);
    if (!(error instanceof Unreadable)) this.#deps.onFailure(classify(error));
    const facts = { segment: segment.name, code: codeOf(error), reason: messageOf(error) };
    this.#deps.log.error(facts, 'what ClickHouse does not take could not be bisected to the end; it is kept');
  }

  #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }
}
