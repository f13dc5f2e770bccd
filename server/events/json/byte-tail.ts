/**
 * The bytes of a text whose end has not come yet. They are copied into one growing buffer, so that a sender of tiny
 * chunks costs no more memory than what it has sent, and holding them keeps no larger chunk alive.
 */
export class ByteTail {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(bytes: Buffer): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length, 1024));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** What was appended, followed by `end`; the tail is empty after. Without a tail this is `end` itself. */
  take(end: Buffer): Buffer {
    if (this.#length === 0) return end;
    this.append(end);
    const whole = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return whole;
  }
}
