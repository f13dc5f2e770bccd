/** So that the first byte comes soon. */
const FIRST_ROWS = 5_000;
const GROWTH = 8;
/** After so many windows in a row that were read, they may be twice as large as was refused. */
const READ_IN_A_ROW = 8;
const MAX_ROWS = 2_000_000;

/** How many rows the windows of an export should have, learned from those that were read. */
export class WindowSize {
  readonly #bytes: number;
  #rows = FIRST_ROWS;
  #most = MAX_ROWS;
  /** Windows, since one was refused. */
  #read = 0;

  /** @param bytes that a window should come to */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Of the next window, at least one. */
  get rows(): number {
    return this.#rows;
  }

  /** A window of about so many rows was read. */
  wasRead(rows: number, bytes: number): void {
    this.#read += 1;
    // What was refused may have been a dense place, halved again and again.
    if (this.#read % READ_IN_A_ROW === 0) this.#most = Math.min(MAX_ROWS, this.#most * 2);
    const fitting = Math.floor((rows * this.#bytes) / (bytes + 1));
    this.#rows = Math.max(1, Math.min(fitting, Math.max(rows, FIRST_ROWS) * GROWTH, this.#most));
  }

  /** A window of about so many rows was more than ClickHouse may use for it: the next are smaller. */
  wasRefused(rows: number): void {
    this.#read = 0;
    this.#most = Math.max(1, Math.min(this.#most, Math.floor(rows / 2)));
    this.#rows = Math.min(this.#rows, this.#most);
  }
}
