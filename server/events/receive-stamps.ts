import type { ReceiveStamp } from './event.ts';

/**
 * What each event is received with: a time in microseconds that is never the same twice in one process and never goes
 * back, so that it also orders the events of one request; and an id, a UUID version 7 made of that time (RFC 9562,
 * section 6.2, method 3) and 62 bits that are random per process. Sorting by either is sorting by when
 * they were received. And what the clock says: the same time, until the clock goes back; from there on it counts by itself.
 */
export class ReceiveStamps {
  readonly #nowMs: () => number;
  readonly #suffix: string;
  #lastUs = 0;
  #nowUs = 0;
  #clockUs = 0;
  #ms = -1;
  #prefix = '';

  /**
   * @param nowMs the clock, in milliseconds since the epoch
   * @param random from 0 up to 1
   */
  constructor(nowMs: () => number, random: () => number) {
    this.#nowMs = nowMs;
    this.#suffix = `-${hex(0x8000 + Math.floor(random() * 0x4000), 4)}-${hex(Math.floor(random() * 2 ** 48), 12)}`;
  }

  next(): ReceiveStamp {
    const nowUs = Math.floor(this.#nowMs() * 1000);
    this.#clockUs = nowUs < this.#nowUs ? nowUs : Math.max(this.#clockUs + 1, nowUs);
    this.#nowUs = nowUs;
    this.#lastUs = Math.max(this.#lastUs + 1, nowUs);
    const ms = Math.floor(this.#lastUs / 1000);
    if (ms !== this.#ms) this.#enter(ms);
    const eventId = this.#prefix + hex(this.#lastUs - ms * 1000, 3) + this.#suffix;
    return { receivedAtUs: this.#lastUs, clockUs: this.#clockUs, eventId };
  }

  #enter(ms: number): void {
    const time = hex(ms, 12);
    this.#ms = ms;
    this.#prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
