import { DrainRate } from './drain-rate.ts';
import type { Segment } from './segment.ts';

/** Of a limit on bytes; below it there is room again. */
const ROOMY = 0.9;

/**
 * What is in the journal and not known to be safe in ClickHouse: its rows, its bytes, and since when the oldest waits.
 * The journal adds to it, the shipper takes from it; limits, health and metrics read it.
 */
export class Backlog {
  readonly #segments = new Set<Segment>();
  readonly #drained: DrainRate;
  #rows = 0;
  #bytes = 0;

  constructor(nowMs: () => number = Date.now) {
    this.#drained = new DrainRate(nowMs);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Of the rows and bytes, those for one table. */
  of(table: string): { readonly rows: number; readonly bytes: number } {
    const sum = { rows: 0, bytes: 0 };
    for (const segment of this.#segments) {
      if (segment.table !== table) continue;
      sum.rows += segment.rows;
      sum.bytes += segment.bytes;
    }
    return sum;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get segments(): number {
    return this.#segments.size;
  }

  /** When the oldest waiting row was written, in milliseconds since the epoch; undefined when nothing waits. */
  get oldestMs(): number | undefined {
    let oldest: number | undefined;
    for (const { firstRowMs } of this.#segments) {
      if (oldest === undefined || firstRowMs < oldest) oldest = firstRowMs;
    }
    return oldest;
  }

  /**
   * In how many seconds `limit` bytes would have a tenth of their room again, at the rate at which ClickHouse took
   * bytes lately. Somebody who came back for the room of one event would find it taken by the others.
   */
  secondsUntilRoom(bytes: number, limit: number): number {
    return this.#drained.secondsFor(bytes - ROOMY * limit);
  }

  /** A segment that another process left behind, with all its rows. */
  add(segment: Segment): void {
    this.#segments.add(segment);
    this.#rows += segment.rows;
    this.#bytes += segment.bytes;
  }

  /** Rows that are now durable at the end of `segment`. */
  grow(segment: Segment, rows: number, bytes: number): void {
    segment.rows += rows;
    segment.bytes += bytes;
    this.#segments.add(segment);
    this.#rows += rows;
    this.#bytes += bytes;
  }

  /** `segment` is safe in ClickHouse and gone from the disk. */
  remove(segment: Segment): void {
    if (!this.#segments.delete(segment)) throw new Error(`segment ${segment.name} is not in the backlog`);
    this.#rows -= segment.rows;
    this.#bytes -= segment.bytes;
    this.#drained.add(segment.bytes);
  }
}
