import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { SegmentRows } from './segment-rows.ts';
import type { Part } from './part.ts';
import { tokenOf, type Segment } from './segment.ts';

/** What one INSERT brings: some rows of one segment, always the same ones under the same token. */
export interface Shipment {
  readonly table: string;
  /** The deduplication token, for as long as the segment exists; see `tokenOf`. */
  readonly token: string;
  /**
   * When the rows were written, in milliseconds since the epoch, if an earlier process did it, which may have sent them;
   * otherwise undefined.
   */
  readonly recoveredMs: number | undefined;
  /** The rows in the bytes that ClickHouse reads; a new stream each time, whose source is open. @throws what opening says */
  readonly rows: () => Promise<Readable>;
}

/** All rows of a segment, straight from its file. */
export function wholeSegment(segment: Segment): Shipment {
  const { table, name, path, bytes } = segment;
  // Opened first: nobody would be listening yet when a stream that opens by itself says that it cannot.
  const rows = async () => (await open(path)).createReadStream({ end: bytes - 1, highWaterMark: 256 * 1024 });
  return { table, token: name, recoveredMs: recoveredMsOf(segment), rows };
}

/** Some of its rows. */
export function partOfSegment(segment: Segment, rows: SegmentRows, part: Part): Shipment {
  return {
    table: segment.table,
    token: tokenOf(segment, part),
    recoveredMs: recoveredMsOf(segment),
    rows: async () => Readable.from([rows.of(part)]),
  };
}

function recoveredMsOf({ isRecovered, firstRowMs }: Segment): number | undefined {
  return isRecovered ? firstRowMs : undefined;
}
