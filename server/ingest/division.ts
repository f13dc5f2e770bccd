import { appendNote, formatNote, type Note } from './segment-notes.ts';
import type { Part } from './part.ts';
import type { Segment } from './segment.ts';

/** A row that ClickHouse refuses, with its words. */
export interface RefusedRow {
  readonly row: number;
  readonly words: string;
}

/**
 * How far a segment that ClickHouse refused as a whole has come, part by part. Each step is a note behind the rows, on
 * disk before anything is done on it.
 *
 * States of a row: `pending` in exactly one part, which is what is sent; `refused`; or done (`stored`, `kept`). A part
 * that is split is pending no more, and never again.
 */
export class Division {
  readonly #segment: Segment;
  #position: number;
  readonly #pending = new Map<number, Part>();
  readonly #refused = new Map<number, string>();
  #kept = 0;

  /** @param segment with the notes that were found behind its rows */
  constructor(segment: Segment) {
    this.#segment = segment;
    const notes = segment.notes.map(formatNote).join('');
    this.#position = segment.bytes + Buffer.byteLength(notes);
    this.#pending.set(0, { from: 0, to: segment.rows });
    for (const note of segment.notes) this.#apply(note);
  }

  /** What is still to be sent, in the order of the rows. */
  get pending(): readonly Part[] {
    return [...this.#pending.values()].sort((a, b) => a.from - b.from);
  }

  /** What is still to be sent of some rows. */
  pendingOf({ from, to }: Part): readonly Part[] {
    return this.pending.filter((part) => part.from >= from && part.to <= to);
  }

  /** What is still to be kept as rejected. */
  get refused(): readonly RefusedRow[] {
    return [...this.#refused].map(([row, words]) => ({ row, words }));
  }

  /** How many rows are kept as rejected. */
  get kept(): number {
    return this.#kept;
  }

  /** @param at where the pieces after the first begin, ascending */
  async split(part: Part, at: readonly number[]): Promise<void> {
    await this.#note({ kind: 'split', part, at });
  }

  async stored(part: Part): Promise<void> {
    await this.#note({ kind: 'stored', part });
  }

  async refuse(row: number, words: string): Promise<void> {
    await this.#note({ kind: 'refused', row, words });
  }

  async keep(row: number): Promise<void> {
    await this.#note({ kind: 'kept', row });
  }

  async #note(note: Note): Promise<void> {
    this.#position = await appendNote(this.#segment.path, this.#position, note);
    this.#apply(note);
  }

  #apply(note: Note): void {
    switch (note.kind) {
      case 'split': {
        const ends = [...note.at, note.part.to];
        for (const [index, from] of [note.part.from, ...note.at].entries()) {
          this.#pending.set(from, { from, to: ends[index] ?? from });
        }
        break;
      }
      case 'stored':
        this.#pending.delete(note.part.from);
        break;
      case 'refused':
        this.#pending.delete(note.row);
        this.#refused.set(note.row, note.words);
        break;
      case 'kept':
        this.#refused.delete(note.row);
        this.#kept += 1;
        break;
    }
  }
}
