/** So that the first byte comes soon. */
const FIRST_ROWS = 5_000;
const GROWTH = 8;
const MAX_ROWS = 2_000_000;

/** How many rows the windows of an export should have, learned from those that were read. */
export class WindowSize {
  readonly #bytes: number;
  #rows = FIRST_ROWS;
  #most = MAX_ROWS;

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
    const fitting = Math.floor((rows * this.#bytes) / (bytes + 1));
    this.#rows = Math.max(1, Math.min(fitting, Math.max(rows, FIRST_ROWS) * GROWTH, this.#most));
  }

  /** A window of about so many rows was more than ClickHouse may use for it: none is as large again. */
  wasRefused(rows: number): void {
    this.#most = Math.max(1, Math.min(this.#most, Math.floor(rows / 2)));
    this.#rows = Math.min(this.#rows, this.#most);
  }
}
