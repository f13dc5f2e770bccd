import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { SegmentRows } from './segment-rows.ts';
import { tokenOf, type Part, type Segment } from './segment.ts';

/** What one INSERT brings: some rows of one segment, always the same ones under the same token. */
export interface Shipment {
  readonly table: string;
  /** The deduplication token, for as long as the segment exists; see `tokenOf`. */
  readonly token: string;
  /** The rows in the bytes that ClickHouse reads; a new stream each time. */
  readonly rows: () => Readable;
}

/** All rows of a segment, straight from its file. */
export function wholeSegment(segment: Segment): Shipment {
  const { table, name, path, bytes } = segment;
  const rows = () => createReadStream(path, { end: bytes - 1, highWaterMark: 256 * 1024 });
  return { table, token: name, rows };
}

/** Some of its rows. */
export function partOfSegment(segment: Segment, rows: SegmentRows, part: Part): Shipment {
  return { table: segment.table, token: tokenOf(segment, part), rows: () => Readable.from([rows.of(part)]) };
}
