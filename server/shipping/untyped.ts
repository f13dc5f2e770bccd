const MARK = '"typed":0,';

/** A row of an event that is to be stored without its typed column; the same buffer when it says so already. */
export function untyped(row: Buffer): Buffer {
  if (row[0] !== 0x7b || row.toString('latin1', 1, 1 + MARK.length) === MARK) return row;
  return Buffer.concat([Buffer.from(`{${MARK}`), row.subarray(1)]);
}
