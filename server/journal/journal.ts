import { unlink } from 'node:fs/promises';
import type { JournalLimits } from '../config/config.ts';
import { deferred, type Deferred } from '../common/deferred.ts';
import { AppError, messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Backlog } from './backlog.ts';
import { withFrame } from './checksum-frame.ts';
import { DiskState, RETRY_AFTER_S } from './disk-state.ts';
import type { Hit } from './fail-point.ts';
import type { OwnerDirectory } from './owner-directory.ts';
import { openSegment, type OpenSegment } from './segment-file.ts';
import { createSegment, type Rows, type Segment } from './segment.ts';

export interface JournalDependencies {
  readonly table: string;
  readonly directory: OwnerDirectory;
  readonly limits: JournalLimits;
  readonly backlog: Backlog;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly hit: Hit;
  /** Called once for each segment that will not grow any more, and that nobody asked to `seal`. */
  readonly onSealed: (segment: Segment) => void;
  /** Called after each group that became durable, with its rows and the time that its write and sync took. */
  readonly onCommit: (rows: number, seconds: number) => void;
}

/** Rows that become durable together, and the one promise that all who wait for them share. */
interface Group {
  readonly rows: string[];
  count: number;
  historic: number;
  bytes: number;
  readonly durable: Deferred<void>;
}

/**
 * The append-only journal of one table: rows are durable on this disk before anyone is told that they are accepted.
 *
 * States: `open` takes rows; `closed` refuses them. While open, at most one group is being written; rows that arrive
 * meanwhile form the next (group commit), so one sync is shared by all who wait. A group is written whole to one
 * segment, with a checksum behind it. There is one open segment: whoever can send it has it sealed; until then it grows
 * up to `segmentMaxBytes`.
 *
 * When a write fails, the segment is cut back to its last durable byte and sealed, everyone in the group is told, and
 * the next group tries a new segment: nothing that was refused is stored later.
 */
export class Journal {
  readonly #deps: JournalDependencies;
  #state: 'open' | 'closed' = 'open';
  #next: Group = createGroup();
  /** Bytes of the group that is being written. */
  #writingBytes = 0;
  #work: Promise<void> | undefined;
  #open: OpenSegment | undefined;
  #sealAsked: Deferred<Segment | undefined> | undefined;
  /** Its file is no longer in the directory. */
  #isOpenLost = false;
  #segments = 0;
  readonly #disk: DiskState;

  constructor(dependencies: JournalDependencies) {
    this.#deps = dependencies;
    this.#disk = new DiskState(dependencies);
  }

  /** How many rows are durable in the segment that still grows, and how many of them are historic. */
  get open(): { readonly rows: number; readonly historic: number } {
    const { rows = 0, historicRows: historic = 0 } = this.#open?.segment ?? {};
    return { rows, historic };
  }

  /** Why the last write failed; undefined while writing works. */
  get lastError(): Error | undefined {
    return this.#disk.lastError;
  }

  /**
   * Whether the last write failed so recently that another try makes no sense yet. It ends by itself: whoever sends
   * events here only while this server is ready must come back for one to find out.
   */
  get isFailing(): boolean {
    return this.#disk.isFailing;
  }

  /**
   * Makes rows durable, all of them in one segment, or none.
   * @returns when they are on disk
   * @throws AppError `overloaded` when they are not and will not be: a limit is reached, the disk refuses, or closed
   */
  append(rows: Rows): Promise<void> {
    const bytes = Buffer.byteLength(rows.text);
    const error = this.appendError(bytes);
    return error === undefined ? this.#take(rows, bytes) : Promise.reject(error);
  }

  /** As `append`, whatever the limits say: for what was acknowledged before, and makes room elsewhere once it is here. */
  keep(rows: Rows): Promise<void> {
    return this.#state === 'closed' ? this.append(rows) : this.#take(rows, Buffer.byteLength(rows.text));
  }

  #take({ text, count, historic }: Rows, bytes: number): Promise<void> {
    const group = this.#next;
    group.rows.push(text);
    group.count += count;
    group.historic += historic;
    group.bytes += bytes;
    this.#startWork();
    return group.durable.promise;
  }

  /** With what `append` would refuse `bytes` more now; undefined when it would take them. */
  appendError(bytes: number): AppError | undefined {
    const { limits, backlog } = this.#deps;
    if (this.#state === 'closed') return overloaded('this server is shutting down', 1);
    const pending = this.#writingBytes + this.#next.bytes;
    if (pending + bytes > limits.pendingMaxBytes) {
      return overloaded(`${pending} bytes already wait for the disk, at most ${limits.pendingMaxBytes} may`, 1);
    }
    const stalledS = this.#disk.stalledS();
    if (stalledS !== undefined) return overloaded(`the disk has not answered for ${stalledS} s`, RETRY_AFTER_S);
    const wanted = backlog.bytes + pending + bytes;
    if (wanted > limits.maxBytes) {
      return overloaded(
        `the journal holds ${backlog.bytes} bytes that wait for ClickHouse, its limit is ${limits.maxBytes}`,
        backlog.secondsUntilRoom(wanted, limits.maxBytes),
      );
    }
    return undefined;
  }

  /**
   * Ends the open segment, with what is being written, so that it can be sent.
   * @returns the segment; undefined when nothing waits in one
   */
  async seal(): Promise<Segment | undefined> {
    const asked = (this.#sealAsked ??= deferred());
    this.#startWork();
    return await asked.promise;
  }

  /** The directory was removed and made again: what comes from now on goes into a segment that is in it. */
  beginAnew(): void {
    this.#isOpenLost = this.#open !== undefined;
    this.#startWork();
  }

  /** Refuses new rows, makes durable what it has taken, and seals the last segment. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#startWork();
    await this.#work;
  }

  #startWork(): void {
    this.#work ??= this.#workUntilDone();
  }

  async #workUntilDone(): Promise<void> {
    // Everything that this turn of the event loop brings goes into the first group.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#next.count > 0 || this.#isSealDue()) {
      const group = this.#next;
      this.#disk.begin();
      if (group.count > 0) {
        this.#next = createGroup();
        await this.#commit(group);
      }
      if (this.#isSealDue()) await this.#seal();
    }
    this.#disk.end();
    this.#work = undefined;
  }

  #isSealDue(): boolean {
    if (this.#sealAsked !== undefined) return true;
    if (this.#open === undefined) return false;
    return (
      this.#state === 'closed' || this.#isOpenLost || this.#open.segment.bytes >= this.#deps.limits.segmentMaxBytes
    );
  }

  async #commit(group: Group): Promise<void> {
    const started = performance.now();
    this.#writingBytes = group.bytes;
    try {
      this.#open ??= await this.#openSegment();
      const { file, segment } = this.#open;
      this.#deps.hit('before-commit');
      const bytes = withFrame(group.rows.join(''));
      await file.write(bytes, segment.bytes);
      segment.historicRows += group.historic;
      this.#deps.backlog.grow(segment, group.count, bytes.length);
      this.#writingBytes = 0;
    } catch (error) {
      await this.#abandon(error);
      this.#writingBytes = 0;
      group.durable.reject(overloaded(`the journal cannot be written: ${messageOf(error)}`, RETRY_AFTER_S, error));
      return;
    }
    this.#disk.worked();
    this.#deps.hit('committed');
    this.#deps.onCommit(group.count, (performance.now() - started) / 1000);
    group.durable.resolve();
  }

  async #openSegment(): Promise<OpenSegment> {
    const { directory, table, nowMs, hit } = this.#deps;
    this.#segments += 1;
    const id = `${directory.owner}-${String(this.#segments).padStart(8, '0')}`;
    const opened = await openSegment(createSegment(directory.path, table, id, nowMs()));
    hit('segment-opened');
    return opened;
  }

  /** After a failed write: what is durable goes on to ClickHouse, what is not leaves no trace. */
  async #abandon(error: unknown): Promise<void> {
    const { log } = this.#deps;
    const isNews = this.#disk.failed(error);
    if (this.#open === undefined) return;
    const { file, segment } = this.#open;
    try {
      await file.cut(segment.bytes);
    } catch (cause) {
      if (isNews) log.error({ err: cause, segment: segment.name }, 'a failed write could not be cut off');
    }
    await this.#seal();
  }

  async #seal(): Promise<void> {
    const asked = this.#sealAsked;
    this.#sealAsked = undefined;
    this.#isOpenLost = false;
    const segment = await this.#closeOpen();
    if (asked !== undefined) asked.resolve(segment);
    else if (segment !== undefined) this.#deps.onSealed(segment);
  }

  /** @returns the segment, when there is one with rows */
  async #closeOpen(): Promise<Segment | undefined> {
    if (this.#open === undefined) return undefined;
    const { file, segment } = this.#open;
    this.#open = undefined;
    await file.close().catch((error: unknown) => this.#deps.log.error({ err: error }, 'closing a segment failed'));
    if (segment.rows === 0) {
      await unlink(segment.path).catch(() => undefined);
      return undefined;
    }
    this.#deps.hit('sealed');
    return segment;
  }
}

function createGroup(): Group {
  return { rows: [], count: 0, historic: 0, bytes: 0, durable: deferred() };
}

function overloaded(message: string, retryAfterS: number, cause?: unknown): AppError {
  return new AppError('overloaded', `The event was not stored: ${message}`, { retryAfterS, cause });
}
