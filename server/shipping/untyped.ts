const MARK = '"typed":0,';
/** What a row that has a shape begins with, and how long that is at most; see `toRow` and `shapeOf`. */
const SHAPED = /^\{("timestamp":\d+),"shape":"[^"]*",/;
const SHAPED_BYTES = 2048;

/** A row of an event that is to be stored without its typed column; the same buffer when it says so already. */
export function untyped(row: Buffer): Buffer {
  if (row[0] !== 0x7b || row.toString('latin1', 1, 1 + MARK.length) === MARK) return row;
  const [beginning = '{', timestamp = ''] = SHAPED.exec(row.toString('latin1', 0, SHAPED_BYTES)) ?? [];
  const separator = timestamp === '' ? '' : ',';
  return Buffer.concat([Buffer.from(`{${MARK}${timestamp}${separator}`), row.subarray(beginning.length)]);
}
