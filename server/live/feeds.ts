import { setTimeout as sleep } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { AppError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { processClock, type Clock } from '../common/clock.ts';
import { Feed, type LiveQuestion } from './feed.ts';
import { Reader, type ReaderOptions } from './reader.ts';

export interface FeedsDependencies {
  readonly maxReaders: number;
  readonly metrics: Pick<Metrics, 'live'>;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface Joining extends ReaderOptions {
  /** Begins the answer; is called at once, and only if the reader is let in. */
  readonly open: () => Writable;
}

/** Different questions at a time, each of which may have a query with ClickHouse. */
export const MAX_FEEDS = 100;

const RETRY_AFTER_S = 5;
/** How long readers get to take what is unsent when the service stops. */
const CLOSE_WITHIN_MS = 1_000;

/**
 * Every feed that is running, and who reads them.
 *
 * States: `open`, or `closed` for good.
 * Invariant: one feed a key; at most `maxReaders` readers and `MAX_FEEDS` feeds; whoever is a reader here has a
 * connection that is not closed yet.
 */
export class Feeds {
  readonly #parts: FeedsDependencies;
  readonly #feeds = new Map<string, Feed>();
  readonly #readers = new Set<Reader>();
  #isClosed = false;

  constructor(parts: FeedsDependencies) {
    this.#parts = parts;
  }

  /**
   * Makes somebody a reader of a question, until the connection is closed or `close` is called.
   * @throws AppError `overloaded` when there are too many readers or questions already, or the service stops
   */
  join(question: LiveQuestion, { open, ...options }: Joining): void {
    this.#expectRoom(question.key);
    const reader = new Reader(open(), options);
    const feed = this.#feeds.get(question.key) ?? this.#start(question);
    this.#readers.add(reader);
    this.#parts.metrics.live.readers.inc();
    reader.onEnd(() => {
      feed.remove(reader);
      this.#forget(reader);
    });
    feed.add(reader);
  }

  /** Ends every stream, within a second also those whose readers take nothing. Lets nobody in from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const ended = [...this.#readers].map(async (reader) => new Promise<void>((resolve) => reader.onEnd(resolve)));
    for (const feed of this.#feeds.values()) feed.close();
    await Promise.race([Promise.all(ended), sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    for (const reader of this.#readers) reader.cutOff();
  }

  #expectRoom(key: string): void {
    const { maxReaders } = this.#parts;
    if (this.#isClosed) throw full('The server is stopping');
    if (this.#readers.size >= maxReaders)
      throw full(`No more readers of streams than ${maxReaders} may be here at once`);
    if (this.#feeds.size >= MAX_FEEDS && !this.#feeds.has(key)) {
      throw full(`No more than ${MAX_FEEDS} different questions may have readers at once`);
    }
  }

  #start(question: LiveQuestion): Feed {
    const { metrics, log, clock = processClock } = this.#parts;
    const { key } = question;
    const feed = new Feed(question, {
      clock,
      log,
      onAsk: () => metrics.live.queries.inc(),
      onBehind: (reader) => this.#cutOff(reader, key),
      onOver: () => this.#feeds.delete(key),
    });
    this.#feeds.set(key, feed);
    return feed;
  }

  #cutOff(reader: Reader, key: string): void {
    const { metrics, log } = this.#parts;
    const { about, unsentBytes } = reader;
    log.warn({ ...about, unsentBytes, question: key }, 'a reader did not keep up and was cut off');
    metrics.live.cutOff.inc();
    reader.cutOff();
    // Not left to the end of its connection: an answer that waits behind another on one connection never learns of that.
    this.#forget(reader);
  }

  #forget(reader: Reader): void {
    if (this.#readers.delete(reader)) this.#parts.metrics.live.readers.dec();
  }
}

function full(message: string): AppError {
  return new AppError('overloaded', message, { retryAfterS: RETRY_AFTER_S });
}
