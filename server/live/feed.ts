import type { Logger } from '../common/log.ts';
import type { Clock } from '../common/clock.ts';
import { framesOf, HEARTBEAT, OPENING, type Frames, type Shown } from './frames.ts';
import type { Reader } from './reader.ts';

/** Something that can be asked again and again. */
export interface LiveQuestion {
  /** The same for two questions that have the same answers. */
  readonly key: string;
  /**
   * The answer as of now.
   * @param signal is aborted when nobody reads it any more
   */
  answer(signal: AbortSignal): Promise<Shown>;
  /** What readers are told when `answer` has failed with this error, as of now. Does not throw. */
  problem(error: unknown): Shown;
}

export interface FeedDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Is called before each question. */
  readonly onAsk: () => void;
  /** Is called with a reader that does not keep up; it is no reader of the feed any more. */
  readonly onBehind: (reader: Reader) => void;
  /** Is called once, when the feed is over. */
  readonly onOver: () => void;
}

/** What was shown last. */
interface Newest {
  readonly frames: Frames;
  readonly event: Shown['event'];
  readonly atMs: number;
  /** When what it answers was asked. */
  readonly askedMs: number;
}

/** From the beginning of one question to the beginning of the next. */
const TICK_MS = 1_000;
/** From a failure to the next question, after 1, 2, 3 and more in a row. */
const RETRY_MS = [1_000, 2_000, 4_000];
/** After so long without a frame there is a heartbeat, or the problem again while there is one. */
const SILENCE_MS = { top: 15_000, problem: 5_000 } as const;

/**
 * One question, asked once a second for all of its readers.
 *
 * States: asking, with one question under way; waiting, with a timer for the next; over. A new feed asks at once.
 * When the time has come and there is no reader, or none has come back within a second, the feed is over and what is under
 * way is cancelled. So somebody who returns within the second makes no question of its own.
 * Invariant: questions of one feed neither overlap nor begin more often than once a second on average, however long they
 * take and whoever comes and goes.
 */
export class Feed {
  readonly #question: LiveQuestion;
  readonly #parts: FeedDependencies;
  readonly #readers = new Set<Reader>();
  #newest: Newest | undefined;
  /** In a row. */
  #failures = 0;
  /** When the question under way, or the last one, should have begun, and when it did. */
  #dueMs: number;
  #askedMs = 0;
  #cancelNext = () => {};
  #cancelSilence = () => {};
  #cancelLeft = () => {};
  readonly #over = new AbortController();

  constructor(question: LiveQuestion, parts: FeedDependencies) {
    this.#question = question;
    this.#parts = parts;
    this.#dueMs = parts.clock.nowMs();
    this.#cancelSilence = parts.clock.after(SILENCE_MS.top, () => this.#beat());
    void this.#ask();
  }

  /** From now on the reader gets what the others get; at once, if the newest is no older than the next would be. */
  add(reader: Reader): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#readers.add(reader);
    reader.send(OPENING, nowMs);
    const newest = this.#newest;
    if (newest === undefined) return;
    if (newest.event === 'problem' || nowMs - newest.askedMs < TICK_MS) reader.send(newest.frames, nowMs);
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader);
    // A question that takes longer than until the next is due is not left to run for nobody.
    if (this.#readers.size > 0 || this.#over.signal.aborted) return;
    this.#cancelLeft();
    this.#cancelLeft = this.#parts.clock.after(TICK_MS, () => {
      if (this.#readers.size === 0) this.#end();
    });
  }

  /** Asks no more and ends every stream. What is under way is not shown to anyone. */
  close(): void {
    const readers = [...this.#readers];
    this.#readers.clear();
    this.#end();
    for (const reader of readers) reader.end();
  }

  async #ask(): Promise<void> {
    this.#parts.onAsk();
    this.#askedMs = this.#parts.clock.nowMs();
    const answer = await this.#question.answer(this.#over.signal).then(
      (shown) => ({ shown }),
      (error: unknown) => ({ error }),
    );
    if (this.#over.signal.aborted) return;
    if ('shown' in answer) this.#succeeded(answer.shown);
    else this.#failed(answer.error);
  }

  #succeeded(shown: Shown): void {
    const { clock, log } = this.#parts;
    if (this.#failures > 0) log.info({ question: this.#question.key }, 'a live question is answered again');
    this.#failures = 0;
    this.#show(shown);
    this.#dueMs = Math.max(this.#dueMs + TICK_MS, clock.nowMs());
    this.#waitFor(this.#dueMs - clock.nowMs());
  }

  #failed(error: unknown): void {
    const { clock, log } = this.#parts;
    this.#failures += 1;
    if (this.#failures === 1) {
      log.warn({ err: error, question: this.#question.key }, 'a live question cannot be answered');
    }
    this.#tell(error);
    const waitMs = RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? TICK_MS;
    this.#dueMs = clock.nowMs() + waitMs;
    this.#waitFor(waitMs);
  }

  /** Shows the problem, unless readers were told of it within the second. */
  #tell(error: unknown): void {
    const newest = this.#newest;
    const isTold = newest?.event === 'problem' && this.#parts.clock.nowMs() - newest.atMs < TICK_MS;
    if (!isTold) this.#show(this.#question.problem(error), () => this.#tell(error));
  }

  /** @param onSilence what to do when nothing was sent for too long after this */
  #show(shown: Shown, onSilence: () => void = () => this.#beat()): void {
    const frames = framesOf(shown);
    this.#newest = { frames, event: shown.event, atMs: this.#parts.clock.nowMs(), askedMs: this.#askedMs };
    this.#send(frames);
    this.#cancelSilence();
    this.#cancelSilence = this.#parts.clock.after(SILENCE_MS[shown.event], onSilence);
  }

  #beat(): void {
    this.#send(HEARTBEAT);
    this.#cancelSilence = this.#parts.clock.after(SILENCE_MS.top, () => this.#beat());
  }

  #send(frames: Frames): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const reader of this.#readers) {
      if (reader.send(frames, nowMs)) continue;
      this.#readers.delete(reader);
      this.#parts.onBehind(reader);
    }
  }

  #waitFor(ms: number): void {
    this.#cancelNext = this.#parts.clock.after(ms, () => {
      if (this.#readers.size === 0) this.#end();
      else void this.#ask();
    });
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#cancelLeft();
    this.#cancelNext();
    this.#cancelSilence();
    this.#parts.onOver();
  }
}
