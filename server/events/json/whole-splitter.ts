import { ByteTail } from './byte-tail.ts';
import type { Splitter } from './splitter.ts';

/** The whole body is the one text, also when it is empty. */
export class WholeSplitter implements Splitter {
  readonly isOneValue = true;
  readonly #tail = new ByteTail();

  push(chunk: Buffer): Buffer[] {
    this.#tail.append(chunk);
    return [];
  }

  end(): Buffer[] {
    return [this.#tail.take(Buffer.alloc(0))];
  }
}
