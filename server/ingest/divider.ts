import { classify, codeOf, refusesRows, type FailureClass } from '../clickhouse/errors.ts';
import { backoffMs, pause, type Backoff } from '../clickhouse/retry.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Division } from './division.ts';
import { PartlyStored } from './insert-once.ts';
import { SegmentRows } from './segment-rows.ts';
import type { Part } from './part.ts';
import type { Segment } from './segment.ts';
import { partOfSegment, type Shipment } from './shipment.ts';

export interface DividerDependencies {
  /** As for the shipper. */
  readonly insert: (shipment: Shipment) => Promise<void>;
  /** How many rows of a shipment ClickHouse has in the raw table. */
  readonly countStored: (shipment: Shipment) => Promise<number>;
  /** Makes a row that ClickHouse refuses durable as a rejected one. May be called twice for the same row. */
  readonly keep: (segment: Segment, row: number, text: string, words: string) => Promise<void>;
  readonly log: Logger;
  readonly random: () => number;
  /** Every row of the segment is stored or kept. */
  readonly onDivided: (segment: Segment, kept: number) => Promise<void>;
  readonly onFailure: (kind: FailureClass) => void;
}

/** So that a segment full of rows that are refused keeps neither ClickHouse nor its deduplication log busy. */
const PACE_MS = 20;

const BACKOFF: Backoff = { firstMs: 500, maxMs: 60_000 };

const MAX_WORDS = 2000;

/**
 * Ships segments that ClickHouse refuses as a whole for what is in their rows: cuts them in halves until the refused
 * rows are alone, has those kept as rejected, and ships the rest. One segment after the other, beside the shipper, which
 * goes on with the others.
 *
 * States: `idle`, `dividing`, `waiting` (a segment could not go on; the next one's turn comes after a pause), `closed`.
 *
 * Why each row ends up in exactly one place, once, whenever this process, its successor or ClickHouse is killed:
 *
 * 1. A part is split only after ClickHouse has refused it *and* has no row of it. The second is asked for, because an
 *    INSERT can fail after its rows are in the raw table: so it does when a view of the operator's own fails (measured).
 *    Such a segment is not split but asked about again, under its own token, until a person has mended the view.
 * 2. The split is on disk, in the segment's own file, before any piece is sent, and the part is not sent again by anyone:
 *    not after a restart, not after a change of the rows' rules in ClickHouse or of this code. So at any time a row is in
 *    exactly one part that may be sent, and was never stored under the token of another.
 * 3. The token of a part says which rows of which segment it has, and is never used for other rows. So a part whose
 *    outcome is not known is sent again, and counted once, in the raw table and in the view.
 * 4. A single row is refused by ClickHouse twice, so that a part damaged on its way is not taken for a bad row. That it
 *    is refused is on disk before it is kept as rejected, and it is never sent again. A crash between the two keeps it
 *    twice there, with the same event id, and never stores it.
 * 5. The segment is removed when every row is stored or kept.
 *
 * One bad row among n takes about 1.5 log2(n) INSERTs: when the first half of a refused part is taken, the second is
 * split without being asked about. Many bad rows are found one by one, at a pace.
 */
export class Divider {
  readonly #deps: DividerDependencies;
  readonly #queue: { readonly segment: Segment; readonly division: Division }[] = [];
  readonly #stop = new AbortController();
  #isWorking = false;
  #work: Promise<void> = Promise.resolve();
  #lastError: Error | undefined;

  constructor(dependencies: DividerDependencies) {
    this.#deps = dependencies;
  }

  /** How many segments are being divided or wait for it. */
  get segments(): number {
    return this.#queue.length;
  }

  /** Why the last step failed; undefined after a segment is done. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** @param segment that ClickHouse has just refused, or that has notes about an earlier division */
  add(segment: Segment): void {
    if (this.#stop.signal.aborted) return;
    this.#queue.push({ segment, division: new Division(segment) });
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#work = this.#divideQueue();
  }

  /** Ends after the step under way. What is left stays on disk for the next start, with its notes. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  async #divideQueue(): Promise<void> {
    let failures = 0;
    for (let next = this.#queue[0]; next !== undefined && !this.#isClosed(); next = this.#queue[0]) {
      const { segment, division } = next;
      try {
        await this.#divide(segment, division);
        failures = 0;
        this.#lastError = undefined;
        if (this.#isClosed()) break;
        this.#queue.shift();
        await this.#deps.onDivided(segment, division.kept);
      } catch (error) {
        failures += 1;
        this.#failed(segment, error);
        this.#queue.push(...this.#queue.splice(0, 1));
        await pause(backoffMs(failures, BACKOFF, this.#deps.random), this.#stop.signal);
      }
    }
    this.#isWorking = false;
  }

  async #divide(segment: Segment, division: Division): Promise<void> {
    const rows = await SegmentRows.read(segment);
    const run: Run = { segment, division, rows };
    await this.#keepRefused(run);
    for (const part of division.pending) {
      await this.#send(run, part, false);
    }
  }

  /**
   * @param isRefused whether it is known that ClickHouse refuses something in this part
   * @returns whether ClickHouse took the part as it is
   */
  async #send(run: Run, part: Part, isRefused: boolean): Promise<boolean> {
    if (this.#isClosed()) return false;
    if (part.to - part.from === 1) return await this.#sendRow(run, part);
    if (!isRefused) {
      const outcome = await this.#try(run, part);
      if (outcome === 'stored') return true;
      if (outcome instanceof PartlyStored) return await this.#sendMissing(run, part, outcome.stored);
      await this.#assertNothingStored(run, part);
    }
    const middle = Math.floor((part.from + part.to) / 2);
    await run.division.split(part, [middle]);
    const isFirstTaken = await this.#send(run, { from: part.from, to: middle }, false);
    await this.#send(run, { from: middle, to: part.to }, isFirstTaken);
    return false;
  }

  async #sendRow(run: Run, part: Part): Promise<boolean> {
    if ((await this.#try(run, part)) === 'stored') return true;
    await this.#assertNothingStored(run, part);
    const refusal = await this.#try(run, part);
    if (refusal === 'stored') return true;
    await run.division.refuse(part.from, refusal.message.slice(0, MAX_WORDS));
    await this.#keepRefused(run);
    return false;
  }

  /** @returns `stored` when all of it is, and noted as such; otherwise why it must be cut */
  async #try({ segment, division, rows }: Run, part: Part): Promise<'stored' | Error> {
    await pause(PACE_MS, this.#stop.signal);
    try {
      await this.#deps.insert(partOfSegment(segment, rows, part));
    } catch (error) {
      if (error instanceof PartlyStored || (error instanceof Error && refusesRows(error))) return error;
      throw error;
    }
    await division.stored(part);
    return 'stored';
  }

  /** Cuts the part where stored and missing rows meet, and sends those that are missing. */
  async #sendMissing(run: Run, part: Part, stored: readonly boolean[]): Promise<boolean> {
    const at = stored.flatMap((is, index) =>
      index > 0 && is !== stored[index - 1] ? [part.from + index] : [],
    );
    await run.division.split(part, at);
    for (const [index, from] of [part.from, ...at].entries()) {
      const piece = { from, to: at[index] ?? part.to };
      if (stored[from - part.from] === true) await run.division.stored(piece);
    }
    for (const piece of run.division.pendingOf(part)) await this.#send(run, piece, false);
    return false;
  }

  async #assertNothingStored({ segment, rows }: Run, part: Part): Promise<void> {
    const shipment = partOfSegment(segment, rows, part);
    const stored = await this.#deps.countStored(shipment);
    if (stored === 0) return;
    throw new Error(
      `ClickHouse refuses ${shipment.token} and has ${stored} of its rows in ${segment.table}, as when a view that ` +
        'reads from it fails; the segment is sent again until ClickHouse takes it as a whole',
    );
  }

  async #keepRefused({ segment, division, rows }: Run): Promise<void> {
    for (const { row, words } of division.refused) {
      await this.#deps.keep(segment, row, rows.row(row), words);
      await division.keep(row);
      this.#deps.log.error(
        { segment: segment.name, row, reason: words },
        'ClickHouse refuses a row; it is kept',
      );
    }
  }

  #failed(segment: Segment, error: unknown): void {
    this.#lastError = error instanceof Error ? error : new Error(String(error));
    this.#deps.onFailure(classify(error));
    const facts = {
      segment: segment.name,
      rows: segment.rows,
      code: codeOf(error),
      reason: messageOf(error),
    };
    this.#deps.log.error(facts, 'a segment that ClickHouse refuses could not be divided further; it is kept');
  }

  #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }
}

interface Run {
  readonly segment: Segment;
  readonly division: Division;
  readonly rows: SegmentRows;
}
