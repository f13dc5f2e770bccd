import { Writable } from 'node:stream';

/** What somebody reads of a stream, who may stop reading. */
export class Reading extends Writable {
  /** Each chunk as it came, without those that were held back. */
  readonly chunks: Buffer[] = [];
  #isStalled = false;
  #taken: () => void = () => undefined;

  /** From now on nothing is taken. */
  stall(): void {
    this.#isStalled = true;
  }

  /** Takes what waits, and all that comes. */
  goOn(): void {
    this.#isStalled = false;
    this.#taken();
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const take = () => {
      this.chunks.push(chunk);
      done();
    };
    if (this.#isStalled) this.#taken = take;
    else take();
  }
}
