import { DrainRate } from './drain-rate.ts';
import type { Segment } from './segment.ts';

/** Of a limit on bytes; below it there is room again. */
const ROOMY = 0.9;

interface Sum {
  readonly rows: number;
  readonly bytes: number;
}

const NOTHING: Sum = { rows: 0, bytes: 0 };

/**
 * What is in the journal and not known to be safe in ClickHouse: its rows, its bytes, and since when the oldest waits.
 * The journal adds to it, the shipper takes from it; limits, health and metrics read it. Nothing that is asked for each
 * event takes longer when more waits.
 */
export class Backlog {
  readonly #segments = new Set<Segment>();
  readonly #tables = new Map<string, Sum>();
  readonly #drained: DrainRate;
  #all: Sum = NOTHING;
  #hasDrained = false;

  constructor(nowMs: () => number = Date.now) {
    this.#drained = new DrainRate(nowMs);
  }

  /** Whether ClickHouse has taken anything, ever. */
  get hasDrained(): boolean {
    return this.#hasDrained;
  }

  get rows(): number {
    return this.#all.rows;
  }

  get bytes(): number {
    return this.#all.bytes;
  }

  /** Of the rows and bytes, those for one table. */
  of(table: string): Sum {
    return this.#tables.get(table) ?? NOTHING;
  }

  get segments(): number {
    return this.#segments.size;
  }

  /** When the oldest waiting segment was opened, in milliseconds since the epoch; undefined when nothing waits. */
  get oldestMs(): number | undefined {
    let oldestMs: number | undefined;
    for (const { openedMs } of this.#segments) if (openedMs < (oldestMs ?? Infinity)) oldestMs = openedMs;
    return oldestMs;
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
    this.#count(segment.table, segment.rows, segment.bytes);
  }

  /** Rows that are now durable at the end of `segment`. */
  grow(segment: Segment, rows: number, bytes: number): void {
    segment.rows += rows;
    segment.bytes += bytes;
    this.#segments.add(segment);
    this.#count(segment.table, rows, bytes);
  }

  /** `segment` is safe in ClickHouse and gone from the disk. */
  remove(segment: Segment): void {
    if (!this.#segments.delete(segment)) throw new Error(`segment ${segment.name} is not in the backlog`);
    this.#count(segment.table, -segment.rows, -segment.bytes);
    this.#drained.add(segment.bytes);
    this.#hasDrained = true;
  }

  #count(table: string, rows: number, bytes: number): void {
    this.#all = plus(this.#all, rows, bytes);
    this.#tables.set(table, plus(this.of(table), rows, bytes));
  }
}

function plus(sum: Sum, rows: number, bytes: number): Sum {
  return { rows: sum.rows + rows, bytes: sum.bytes + bytes };
}
