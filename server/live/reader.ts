import { finished, type Writable } from 'node:stream';
import type { TraceIds } from '../common/tracing.ts';
import type { Format, Frames } from './frames.ts';

/** Who reads a stream, and how. */
export interface ReaderOptions extends AboutReader {
  readonly format: Format;
}

/** For the log. */
export interface AboutReader extends Partial<TraceIds> {
  readonly requestId: string;
}

/** Beyond what was sent last: an object may be large, and a reader has a second for it. */
const MAX_UNSENT_BYTES = 256 * 1024;
const MAX_UNSENT_MS = 10_000;

/**
 * One reader of a feed. Unsent is what neither the reader nor the network has taken, so it is memory of this process.
 *
 * States: `keeping up`, or `behind` for good, once it has left more unsent than it may, or something for too long.
 * Invariant: at most `MAX_UNSENT_BYTES` and the last two frames are unsent; nothing is sent to one that is behind.
 */
export class Reader {
  readonly about: AboutReader;
  readonly #format: Format;
  readonly #out: Writable;
  #lastBytes = 0;
  /** Since when there has always been something unsent, as far as was looked. */
  #unsentSinceMs: number | undefined;
  #isBehind = false;

  /** @param out is written to, ended or destroyed here alone */
  constructor(out: Writable, { format, ...about }: ReaderOptions) {
    this.#out = out;
    this.#format = format;
    this.about = about;
  }

  get unsentBytes(): number {
    return this.#out.writableLength;
  }

  /** @returns false when the reader does not keep up, and then nothing was sent */
  send(frames: Frames, nowMs: number): boolean {
    this.#isBehind ||= this.#leftTooMuch(nowMs);
    if (this.#isBehind) return false;
    const frame = frames[this.#format];
    this.#lastBytes = frame.length;
    if (frame.length > 0) this.#out.write(frame);
    return true;
  }

  /** Calls back when the stream has ended and all of it was sent, or the connection is gone, also if it is already. */
  onEnd(listener: () => void): void {
    finished(this.#out, listener);
  }

  /** Ends the stream as it should end. */
  end(): void {
    this.#out.end();
  }

  /** Ends the connection, whatever is unsent. */
  cutOff(): void {
    this.#out.destroy();
  }

  #leftTooMuch(nowMs: number): boolean {
    const { unsentBytes } = this;
    if (unsentBytes === 0) this.#unsentSinceMs = undefined;
    this.#unsentSinceMs ??= nowMs;
    return unsentBytes > MAX_UNSENT_BYTES + this.#lastBytes || nowMs - this.#unsentSinceMs > MAX_UNSENT_MS;
  }
}
