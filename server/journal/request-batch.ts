import { AppError } from '../common/errors.ts';
import type { ReceiveStamps } from '../events/receive-stamps.ts';
import type { Event } from '../events/event.ts';
import { MAX_KEPT_BYTES_PER_BODY, MAX_KEPT_PER_BODY, omission, type Rejection } from '../events/rejection.ts';
import { toRejectedRow, toRow } from '../events/row.ts';
import type { Hit } from './fail-point.ts';
import type { Journal } from './journal.ts';
import { isHistoric, type Rows } from './segment.ts';

/** What one request brings: its events and what was not accepted become durable together, or not at all. */
export interface Batch {
  readonly accepted: number;
  /** What the rows of its events may take; and whether they take more, so that they can never be committed. */
  readonly maxBytes: number;
  readonly isTooLarge: boolean;
  add(event: Event): void;
  /** Of one batch the first ones are kept, up to the limits on a body, and one more that says how many were not. */
  reject(rejection: Rejection): void;
  /**
   * Resolves when its events are on this server's disk. Nothing may be added after.
   * @returns why its rejections are not kept, which never keep an event out; undefined when they are. `overloaded`: there
   * is no room for them now, or the disk refuses; `too_large`: there never is
   * @throws AppError `overloaded`: no event of it is stored
   */
  commit(): Promise<AppError | undefined>;
}

export interface BatchDependencies {
  readonly events: Pick<Journal, 'append' | 'appendError'>;
  readonly rejected: Pick<Journal, 'append' | 'appendError'>;
  readonly maxBytes: number;
  readonly stamps: ReceiveStamps;
  readonly hit: Hit;
  /** Told how many events are durable that will be stored without their typed column. */
  readonly onUntyped: (events: number) => void;
  /** Told how many rejections nobody will find. */
  readonly onNotKept: (rejections: number) => void;
}

/** Rows are made as events come, so that a large body is many small pieces of work. */
export function createBatch(dependencies: BatchDependencies): Batch {
  const { events, rejected, maxBytes, stamps, hit, onUntyped, onNotKept } = dependencies;
  const rows = new JoinedRows();
  const kept = new JoinedRows();
  let historic = 0;
  let untyped = 0;
  let rejections = 0;
  let keptBytes = 0;
  let application = '';
  /** @returns why they are not kept */
  const keep = async (refused: Rows): Promise<AppError | undefined> => {
    const full = appendErrorOf(rejected, refused);
    if (full !== undefined) return full;
    try {
      await rejected.append(refused);
    } catch (error) {
      if (error instanceof AppError && error.code === 'overloaded') return error;
      throw error;
    }
    hit('rejected-committed');
    return undefined;
  };
  return {
    get accepted() {
      return rows.count;
    },
    maxBytes,
    get isTooLarge() {
      return rows.takeMoreThan(maxBytes);
    },
    add: (event) => {
      const stamp = stamps.next();
      if (isHistoric(event, stamp)) historic += 1;
      if (event.typed === false) untyped += 1;
      rows.add(toRow(event, stamp));
    },
    reject: (rejection) => {
      ({ application } = rejection);
      const isFull = kept.count < rejections || kept.count === MAX_KEPT_PER_BODY;
      rejections += 1;
      if (isFull) return;
      const row = toRejectedRow(rejection, stamps.next());
      keptBytes += Buffer.byteLength(row);
      if (keptBytes <= MAX_KEPT_BYTES_PER_BODY) kept.add(row);
    },
    commit: async () => {
      const omitted = rejections - kept.count;
      if (omitted > 0) kept.add(toRejectedRow(omission(application, omitted), stamps.next()));
      const accepted = { text: rows.text(), count: rows.count, historic };
      const refused = { text: kept.text(), count: kept.count, historic: 0 };
      const error = appendErrorOf(events, accepted);
      if (error !== undefined) throw error;
      // First: what is rejected is never lost with events that are not stored. Sent again, it is there, and counted, again.
      const notKept = refused.count === 0 ? undefined : await keep(refused);
      if (accepted.count > 0) await events.append(accepted);
      if (untyped > 0) onUntyped(untyped);
      if (notKept !== undefined) onNotKept(rejections);
      return notKept;
    },
  };
}

const ROWS_OF_A_TEXT = 32;
/** In UTF-8; what takes four is two characters to JavaScript. */
const MAX_BYTES_OF_A_CHARACTER = 3;

/**
 * Rows that are joined as they come. A row is put together of many small texts, which would all live until the commit, and
 * be copied by each collection of garbage until then: with a thousand events a body that was a fifth of the processor's time.
 */
class JoinedRows {
  readonly #texts: string[] = [];
  /** Of the texts. */
  #bytes = 0;
  #rows: string[] = [];
  #characters = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(row: string): void {
    this.#count += 1;
    this.#rows.push(row);
    this.#characters += row.length;
    if (this.#rows.length === ROWS_OF_A_TEXT) this.#join();
  }

  /** Exactly, without counting the bytes of each row. */
  takeMoreThan(bytes: number): boolean {
    if (this.#bytes + MAX_BYTES_OF_A_CHARACTER * this.#characters <= bytes) return false;
    this.#join();
    return this.#bytes > bytes;
  }

  text(): string {
    this.#join();
    return this.#texts.join('');
  }

  #join(): void {
    const text = this.#rows.join('');
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text);
    this.#rows = [];
    this.#characters = 0;
  }
}

function appendErrorOf(journal: Pick<Journal, 'appendError'>, { text }: Rows): AppError | undefined {
  return text === '' ? undefined : journal.appendError(Buffer.byteLength(text));
}
