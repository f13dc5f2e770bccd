import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorOf, isCode, isForbidden, messageOf } from '../common/errors.ts';
import type { Backlog } from '../journal/backlog.ts';
import type { Hit } from '../journal/fail-point.ts';
import { syncDirectory, unlessGone, withAdvice } from '../common/files.ts';
import type { Quarantine } from '../journal/quarantine.ts';
import { EVENTS, type Segment } from '../journal/segment.ts';
import type { Logger } from '../common/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { rowsIn, type Parcel, type Unreadable } from './parcel.ts';

export interface SettlementDependencies {
  readonly backlog: Backlog;
  readonly quarantine: Pick<Quarantine, 'take'>;
  readonly metrics: Pick<Metrics, 'events'>;
  readonly log: Logger;
  readonly hit: Hit;
}

/** The end of a segment's way: its file is removed once every parcel of it is done, and not before. */
export class Settlement {
  readonly #deps: SettlementDependencies;
  /** Segments that are done and could not be removed, and why: at the next start they would be shipped again. */
  readonly #left = new Map<Segment, unknown>();

  constructor(dependencies: SettlementDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Every row of these parcels is stored in ClickHouse, or is safe as a rejected one. A file that cannot be removed is for
   * `removeLeft`.
   * @param refused how many of the rows are kept as rejected ones
   */
  async done(parcels: readonly Parcel[], refused = 0): Promise<void> {
    const { backlog, metrics, hit } = this.#deps;
    const ended: Parcel[] = [];
    for (const parcel of parcels) {
      if (parcel.isDone) throw new Error(`a parcel of ${parcel.segment.name} is done already`);
      parcel.isDone = true;
      parcel.progress.open -= 1;
      if (parcel.progress.open === 0) ended.push(parcel);
    }
    const [first] = parcels;
    if (first !== undefined) first.progress.refused += refused;
    if (ended.length === 0) return;
    await this.#remove(ended.filter(({ progress }) => !progress.isGone).map(({ segment }) => segment));
    hit('removed');
    for (const { segment, progress } of ended) {
      backlog.remove(segment);
      if (segment.table !== EVENTS) continue;
      metrics.events.stored(segment.rows - progress.refused);
      metrics.events.refused(progress.refused);
    }
  }

  /**
   * A file that cannot be read goes into quarantine, and nothing waits for it; one that vanished is let go. One that
   * this user may not read, or that cannot be moved there, stays, and its parcel is not done: it waits for a person.
   */
  async unreadable({ parcel, cause }: Unreadable): Promise<void> {
    const { quarantine, log } = this.#deps;
    const { segment, progress } = parcel;
    if (isForbidden(cause)) return;
    const facts = { segment: segment.name, rows: rowsIn(parcel), reason: messageOf(cause) };
    try {
      if (!isCode(cause, 'ENOENT')) await quarantine.take(segment.path);
    } catch (error) {
      log.error(
        { ...facts, err: error },
        'a segment can neither be read nor be put into quarantine; it is tried again',
      );
      return;
    }
    log.error(facts, 'a segment cannot be read; what is left of it is in quarantine');
    progress.isGone = true;
    await this.done([parcel], rowsIn(parcel));
  }

  /** Why a segment that is done is still there; undefined when none is. */
  get lastError(): Error | undefined {
    const [error] = this.#left.values();
    return error === undefined ? undefined : errorOf(withAdvice(error));
  }

  /** Tries again to remove what could not be removed. */
  async removeLeft(): Promise<void> {
    if (this.#left.size > 0) await this.#remove([...this.#left.keys()]);
  }

  async #remove(segments: readonly Segment[]): Promise<void> {
    const directories = new Set<string>();
    for (const segment of segments) {
      try {
        await unlessGone(unlink(segment.path));
        this.#left.delete(segment);
        directories.add(path.dirname(segment.path));
      } catch (error) {
        if (!this.#left.has(segment))
          this.#deps.log.error(
            { err: withAdvice(error), segment: segment.name },
            'a shipped segment could not be removed; it is tried again',
          );
        this.#left.set(segment, error);
      }
    }
    for (const directory of directories) {
      await syncDirectory(directory).catch((error: unknown) => {
        this.#deps.log.warn({ err: error, directory }, 'the removal of segments could not be synced');
      });
    }
  }
}
