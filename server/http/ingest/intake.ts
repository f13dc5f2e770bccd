import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppError, Issue } from '../../common/errors.ts';
import { MIB } from '../../common/units.ts';
import type { Event } from '../../events/event.ts';
import { isRefusal, type ParseContext } from '../../events/parse-event.ts';
import { ByteTail } from '../../events/json/byte-tail.ts';
import { MAX_PAYLOAD_BYTES, NOT_KEPT, payloadOf, type Reason, type Refusal } from '../../events/rejection.ts';
import { MalformedBody, withoutByteOrderMark, type Splitter } from '../../events/json/splitter.ts';
import type { Batch } from '../../journal/request-batch.ts';

/** What a body consists of, and how each text of it becomes an event. */
export interface BodyForm {
  readonly splitter: Splitter;
  readonly parse: (text: Buffer, context: ParseContext) => Event | Refusal;
  /** What is kept of a text that is rejected, where the text alone is not all of it. */
  readonly kept?: (text: Buffer) => Buffer;
}

export interface IntakeOptions {
  readonly form: BodyForm;
  readonly newBatch: () => Batch;
  readonly context: () => ParseContext;
  readonly maxEvents: number;
  /** Told how many events the body had, before any is stored; what it throws ends the intake. */
  readonly onJudged?: (events: number) => void;
}

/** What became of a body. Nothing was accepted when `failure` is there. */
export interface Outcome {
  readonly accepted: number;
  /** In the order of the body; the first ones, when there are very many. */
  readonly rejected: readonly RejectedEvent[];
  /** How many more were rejected. */
  readonly omitted: number;
  /** Why the body as a whole was refused. */
  readonly failure: Refusal | undefined;
  readonly rejectedByReason: ReadonlyMap<Reason, number>;
  /** Why `GET /events/rejected` will not have those that were rejected; see `Batch.commit`. */
  readonly notKept: AppError | undefined;
}

export interface RejectedEvent extends Refusal {
  /** Which event of the body, from 0. */
  readonly index: number;
}

/** So long a turn of the event loop judges the events of one body ... */
const TURN_MS = 5;
/** ... looking at the clock after so many bytes. */
const PIECE_BYTES = 4096;

/** All errors of all events in one answer, and their text as it is sent; what is beyond is counted. It bounds an answer. */
const MAX_LISTED_ERRORS = 20_000;
const MAX_LISTED_CHARACTERS = 2 * MIB;

/**
 * The events of one body, judged while it streams in, and made durable at its end.
 *
 * States: `reading`; `failed` (the body as a whole is refused: what follows is only counted, nothing of it will be
 * stored but the beginning of its text); `finished`.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #splitter;
  readonly #head = new ByteTail();
  #batch: Batch;
  #bytes = 0;
  #events = 0;
  #rejected: RejectedEvent[] = [];
  #listedErrors = 0;
  #listedCharacters = 0;
  #omitted = 0;
  #reasons = new Map<Reason, number>();
  #failure: Refusal | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#batch = options.newBatch();
    this.#splitter = withoutByteOrderMark(options.form.splitter);
  }

  /**
   * The next bytes of the body, decompressed. Many small events take long, so they are judged in turns of the event loop
   * that let other requests in between; the promise is there when there is more than one turn.
   */
  push(chunk: Buffer): Promise<void> | undefined {
    const endMs = performance.now() + TURN_MS;
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      if (performance.now() > endMs) return nextTurn().then(() => this.push(chunk.subarray(at)));
      this.#push(chunk.subarray(at, at + PIECE_BYTES));
    }
    return undefined;
  }

  #push(chunk: Buffer): void {
    // And the byte behind it, which says whether a character ends there.
    this.#head.append(chunk.subarray(0, MAX_PAYLOAD_BYTES + 1 - this.#head.length));
    this.#bytes += chunk.length;
    this.#judge(() => this.#splitter.push(chunk));
  }

  /** Refuses the whole body, whatever came of it before. */
  fail(reason: Reason, errors: readonly Issue[]): void {
    this.#failure ??= { reason, errors };
  }

  /**
   * The body is complete, or as complete as it will be.
   * @throws AppError `overloaded`, and what `onJudged` throws: no event of it is stored
   */
  async finish(): Promise<Outcome> {
    this.#judge(() => this.#splitter.end());
    if (this.#failure === undefined && this.#events === 0) {
      this.fail('malformed', [{ path: '', message: 'received no event, expected at least one' }]);
    }
    this.#options.onJudged?.(this.#events);
    if (this.#failure !== undefined) this.#keepBodyOnly(this.#failure);
    const notKept = await this.#batch.commit();
    return {
      accepted: this.#batch.accepted,
      rejected: notKept === undefined ? this.#rejected : this.#rejected.map((each) => withoutTrace(each)),
      omitted: this.#omitted,
      failure: notKept !== undefined && this.#failure !== undefined ? withoutTrace(this.#failure) : this.#failure,
      rejectedByReason: this.#reasons,
      notKept,
    };
  }

  #judge(split: () => Buffer[]): void {
    if (this.#failure !== undefined) return;
    try {
      const context = this.#options.context();
      for (const text of split()) {
        this.#take(text, context);
        if (this.#failure !== undefined) return;
      }
    } catch (error) {
      if (!(error instanceof MalformedBody)) throw error;
      this.fail('malformed', [{ path: '', message: error.message }]);
    }
  }

  #take(text: Buffer, context: ParseContext): void {
    const { form, maxEvents } = this.#options;
    if (this.#events === maxEvents) {
      this.fail('too_large', [{ path: '', message: `received more than ${maxEvents} events, expected at most that` }]);
      return;
    }
    const index = this.#events;
    this.#events += 1;
    const verdict = form.parse(text, context);
    if (!isRefusal(verdict)) {
      this.#add(verdict);
      return;
    }
    if (verdict.reason === 'malformed' && this.#splitter.isOneValue) {
      this.fail(
        'malformed',
        verdict.errors.map(({ message }) => ({ path: String(index), message })),
      );
      return;
    }
    this.#batch.reject({
      ...verdict,
      application: context.application ?? '',
      payload: payloadOf(form.kept?.(text) ?? text),
    });
    this.#count(verdict.reason);
    this.#list({ index, ...verdict });
  }

  #add(event: Event): void {
    const batch = this.#batch;
    batch.add(event);
    if (!batch.isTooLarge) return;
    const message = `received events that take more than ${batch.maxBytes} bytes as rows of the journal, expected at most that`;
    this.fail('too_large', [{ path: '', message }]);
  }

  #list(rejected: RejectedEvent): void {
    // The first ones are listed, and none behind one that is not.
    if (this.#omitted === 0 && this.#hasRoomFor(rejected)) this.#rejected.push(rejected);
    else this.#omitted += 1;
  }

  #hasRoomFor({ errors }: RejectedEvent): boolean {
    this.#listedErrors += errors.length;
    this.#listedCharacters += JSON.stringify(errors).length;
    return this.#listedErrors <= MAX_LISTED_ERRORS && this.#listedCharacters <= MAX_LISTED_CHARACTERS;
  }

  #count(reason: Reason): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  #keepBodyOnly(failure: Refusal): void {
    const { newBatch, context } = this.#options;
    this.#batch = newBatch();
    this.#rejected = [];
    this.#omitted = 0;
    this.#reasons = new Map();
    this.#count(failure.reason);
    const payload = payloadOf(this.#head.take(Buffer.alloc(0)), this.#bytes);
    this.#batch.reject({ ...failure, application: context().application ?? '', payload });
  }
}

/** A rejection that `GET /events/rejected` will not have. */
function withoutTrace<R extends Refusal>(rejected: R): R {
  return { ...rejected, errors: [...rejected.errors, NOT_KEPT] };
}
