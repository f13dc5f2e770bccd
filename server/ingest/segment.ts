import path from 'node:path';
import type { Note } from './segment-notes.ts';
import type { Part } from './part.ts';

/**
 * One file of the journal: rows for one table, in the bytes that ClickHouse will read. Its name is its deduplication
 * token for as long as it exists, whichever process owns it.
 */
export interface Segment {
  /** `{table}-{owner}-{number}`, unique for ever. */
  readonly name: string;
  readonly table: string;
  readonly path: string;
  /** When the first row was written, in milliseconds since the epoch. */
  readonly firstRowMs: number;
  /** Durable rows and bytes. What the file holds beyond them was never acknowledged. */
  rows: number;
  bytes: number;
  /** Whether another process wrote it, which may have sent it. */
  readonly isRecovered: boolean;
  /** What is written behind the rows; none for a segment that ClickHouse never refused. */
  readonly notes: readonly Note[];
}

/**
 * The deduplication token and query id of a part, which the column `batch` records. A part that is the whole segment
 * has the segment's name.
 */
export function tokenOf({ name, rows }: Segment, { from, to }: Part): string {
  return from === 0 && to === rows ? name : `${name}:${from}-${to}`;
}

export const EXTENSION = '.ndjson';

export function createSegment(directory: string, table: string, id: string, firstRowMs: number): Segment {
  const name = `${table}-${id}`;
  return {
    name,
    table,
    path: path.join(directory, name + EXTENSION),
    firstRowMs,
    rows: 0,
    bytes: 0,
    isRecovered: false,
    notes: [],
  };
}

export function isSegmentFile(file: string): boolean {
  return /^[a-z_]+-[a-z0-9-]+\.ndjson$/.test(file);
}
