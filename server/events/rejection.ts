import type { Issue } from '../common/errors.ts';
import { KIB, MIB } from '../common/units.ts';

/**
 * Why an event was not accepted, as a closed list.
 * - `malformed`: not JSON, or not UTF-8
 * - `shape`: a member of the event is missing, unknown, repeated, or not what it should be
 * - `timestamp`: not a time, or out of range
 * - `foreign_application`: it claims another application than that of its key
 * - `schema`: `data` does not satisfy the JSON Schema of its category and name
 * - `too_large`: a body over a limit on its bytes, its events or their rows; none of its events is stored
 * - `refused_by_clickhouse`: it was accepted, and ClickHouse does not take the row; `payload` is the whole row
 * - `omitted`: stands for further rejections of one body that are not kept one by one
 */
export const REASONS = [
  'malformed',
  'shape',
  'timestamp',
  'foreign_application',
  'schema',
  'too_large',
  'refused_by_clickhouse',
  'omitted',
] as const;

export type Reason = (typeof REASONS)[number];

/** Why one event is not accepted. `errors` is not empty. */
export interface Refusal {
  readonly reason: Reason;
  readonly errors: readonly Issue[];
}

/** In the answer to a rejected event that `GET /events/rejected` will not have. */
export const NOT_KEPT: Issue = {
  path: '',
  message: 'received more rejected events than there is room for: this one is not kept',
};

/** What is kept of something that was not accepted. */
export interface Rejection extends Refusal {
  /** Of the key that sent it; empty without a key. */
  readonly application: string;
  /** The text received, by `payloadOf`. */
  readonly payload: string;
}

/** What is kept of one text that was not accepted, and of one body, so that rubbish cannot fill the disk. */
export const MAX_PAYLOAD_BYTES = 16 * KIB;
export const MAX_KEPT_PER_BODY = 1000;
/** Of the rows of one body: a control character, which is a byte to its sender, has six or seven in a row. */
export const MAX_KEPT_BYTES_PER_BODY = 4 * MIB;

/** Stands in for the rejections of a body that are not kept. */
export function omission(application: string, count: number): Rejection {
  const message = `${count} more events of this body were rejected; of one body the first ${MAX_KEPT_PER_BODY} are kept, or the first ${MAX_KEPT_BYTES_PER_BODY} bytes of them`;
  return { reason: 'omitted', application, payload: '', errors: [{ path: '', message }] };
}

/**
 * The exact text received, as far as it is kept: a longer one is cut between two characters, with a mark that says how
 * long it was. Bytes that are not UTF-8 become U+FFFD; whoever rejects them says so in the errors.
 */
export function payloadOf(bytes: Buffer, totalBytes: number = bytes.length): string {
  if (totalBytes <= MAX_PAYLOAD_BYTES) return bytes.toString();
  let end = Math.min(bytes.length, MAX_PAYLOAD_BYTES);
  // 10xxxxxx continues a character. Four bytes is the longest.
  for (let back = 0; back < 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back += 1) end -= 1;
  return `${bytes.subarray(0, end).toString()}… [cut: ${end} of ${totalBytes} bytes]`;
}
