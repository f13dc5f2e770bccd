import type { Event, ReceiveStamp } from './event.ts';
import type { Rejection } from './rejection.ts';

/**
 * An event as the line that ClickHouse will read: one JSONEachRow object for the table `events`, ended by a newline.
 * Times go as integers of microseconds, which is what DateTime64(6) takes. Columns that have their default are left out:
 * an empty text, and `typed`, which comes first where it is there. What is stored without its typed column has no shape. A line never holds a NUL byte or a raw newline,
 * because JSON escapes both.
 */
export function toRow(event: Event, stamp: ReceiveStamp): string {
  const { application, sessionId, user, category, name, data, typed, shape = '' } = event;
  const { receivedAtUs } = stamp;
  const { timestampUs = stamp.clockUs, eventId = stamp.eventId } = event;
  return (
    `{${typed === false ? '"typed":0,' : ''}"timestamp":${timestampUs}${typed === false ? '' : column('shape', shape)},"received_at":${receivedAtUs},"event_id":${JSON.stringify(eventId)}` +
    column('application', application) +
    column('session_id', sessionId) +
    column('user', user) +
    column('category', category) +
    column('name', name) +
    `,"data":${JSON.stringify(data)}}\n`
  );
}

/** The same for what was not accepted, for the table `rejected_events`. The id is the rejection's own. */
export function toRejectedRow(rejection: Rejection, { receivedAtUs, eventId }: Omit<ReceiveStamp, 'clockUs'>): string {
  const { application, reason, errors, payload } = rejection;
  return (
    `{"received_at":${receivedAtUs},"event_id":${JSON.stringify(eventId)}` +
    column('application', application) +
    column('reason', reason) +
    column('payload', payload) +
    // Text within text: an error may show half a surrogate pair as an escape, which ClickHouse would not read.
    `,"errors":${JSON.stringify(JSON.stringify(errors))}}\n`
  );
}

function column(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${JSON.stringify(value)}`;
}

const MARK = '"typed":0,';
/** What a row that has a shape begins with, and how long that is at most; see `shapeOf`. */
const SHAPED = /^\{("timestamp":\d+),"shape":"[^"]*",/;
const SHAPED_BYTES = 2048;

/** A row of an event that is to be stored without its typed column; the same buffer when it says so already. */
export function untyped(row: Buffer): Buffer {
  if (row[0] !== 0x7b || row.toString('latin1', 1, 1 + MARK.length) === MARK) return row;
  const [beginning = '{', timestamp = ''] = SHAPED.exec(row.toString('latin1', 0, SHAPED_BYTES)) ?? [];
  const separator = timestamp === '' ? '' : ',';
  return Buffer.concat([Buffer.from(`{${MARK}${timestamp}${separator}`), row.subarray(beginning.length)]);
}
