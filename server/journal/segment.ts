import path from 'node:path';
import { DAY_MS } from '../common/units.ts';
import type { Event, ReceiveStamp } from '../events/event.ts';

/** One file of the journal: rows for one table, in the bytes that ClickHouse will read. They never change. */
export interface Segment {
  /** `{table}-{owner}-{number}`, unique for ever. */
  readonly name: string;
  readonly table: string;
  readonly path: string;
  /** When it was opened, in milliseconds since the epoch. */
  readonly openedMs: number;
  /** Durable rows and bytes. What the file holds beyond them was never acknowledged. */
  rows: number;
  bytes: number;
  /** How many of the rows are historic; not known, and 0, of a segment that another process wrote. */
  historicRows: number;
}

/** Whole rows for the journal, each ended by a newline, that become durable together. */
export interface Rows {
  readonly text: string;
  readonly count: number;
  /** How many of them are historic. */
  readonly historic: number;
}

/**
 * What happened longer ago than this is historic: it travels apart from what happened lately, because each partition
 * that an INSERT touches costs a synced part, and history touches many.
 */
const RECENT_MS = 2 * DAY_MS;

/** The instant before which an event is historic, in microseconds since the epoch. */
export function historicBeforeUs(nowMs: number): number {
  return (nowMs - RECENT_MS) * 1000;
}

/** Whether an event that arrives now happened long ago. */
export function isHistoric({ timestampUs = Infinity }: Event, { clockUs }: ReceiveStamp): boolean {
  return timestampUs < historicBeforeUs(clockUs / 1000);
}

/** The tables that there are segments of. */
export const EVENTS = 'events';
export const REJECTED = 'rejected_events';

export const EXTENSION = '.ndjson';

export function createSegment(directory: string, table: string, id: string, openedMs: number): Segment {
  const name = `${table}-${id}`;
  const file = path.join(directory, name + EXTENSION);
  return { name, table, path: file, openedMs, rows: 0, bytes: 0, historicRows: 0 };
}

/** Whether a file is named as a segment is, of whatever table. */
export function isSegmentFile(file: string): boolean {
  return /^[a-z_]+-[a-z0-9-]+\.ndjson$/.test(file);
}

/** Of what is to replace a file once it is whole. */
export const UNFINISHED = '.part';

/** Whether a file was to replace a segment, and was not whole yet. */
export function isUnfinished(file: string): boolean {
  return file.endsWith(UNFINISHED) && isSegmentFile(file.slice(0, -UNFINISHED.length));
}

/** The table in the name of a segment's file; undefined when there is no such table. */
export function tableOf(file: string): string | undefined {
  return [EVENTS, REJECTED].find((table) => path.basename(file).startsWith(`${table}-`));
}
