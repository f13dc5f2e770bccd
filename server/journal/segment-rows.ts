import { NEWLINE, SPACE, TAB } from '../events/json/bytes.ts';

/**
 * Where each row of a segment's text begins. Every line is a row but those that begin with white space, which ClickHouse
 * skips. A last line without its newline is none.
 */
export function rowStarts(text: Buffer): number[] {
  const starts: number[] = [];
  let start = 0;
  for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
    if (text[start] !== SPACE && text[start] !== TAB) starts.push(start);
    start = end + 1;
  }
  return starts;
}

/** Each row of a segment's text, with its newline. */
export function rowsOf(text: Buffer): Buffer[] {
  return rowStarts(text).map((start) => text.subarray(start, text.indexOf(NEWLINE, start) + 1));
}

/** How a row of an event begins, and how long that is at most. */
const BEGINNING = /^\{(?:"typed":0,)?"timestamp":(\d+)/;
const BEGINNING_BYTES = 48;

/**
 * The rows of events that happened before an instant, and the others, in the order in which they were written. What does
 * not begin as a row of an event goes with the others.
 * @param beforeUs in microseconds since the epoch
 */
export function splitRows(text: Buffer, beforeUs: number): { readonly historic: Buffer; readonly recent: Buffer } {
  const historic: Buffer[] = [];
  const recent: Buffer[] = [];
  for (const row of rowsOf(text)) {
    const timestampUs = BEGINNING.exec(row.toString('latin1', 0, BEGINNING_BYTES))?.[1];
    (timestampUs !== undefined && Number(timestampUs) < beforeUs ? historic : recent).push(row);
  }
  return { historic: Buffer.concat(historic), recent: Buffer.concat(recent) };
}
