import { lstat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { JournalLimits } from '../config/config.ts';
import { AppError, messageOf, isCode } from '../common/errors.ts';
import { Arrivals } from '../events/arrivals.ts';
import type { Event } from '../events/event.ts';
import { toRow } from '../events/row.ts';
import type { Backlog } from '../journal/backlog.ts';
import type { Hit } from '../journal/fail-point.ts';
import { Journal } from '../journal/journal.ts';
import { claimDirectory, type OwnerDirectory } from '../journal/owner-directory.ts';
import { isOfTheFile, Quarantine } from '../journal/quarantine.ts';
import { recoverSegment } from '../journal/recover-segment.ts';
import { createBatch, type Batch } from '../journal/request-batch.ts';
import { EVENTS, isHistoric, REJECTED } from '../journal/segment.ts';
import { takeOver } from '../journal/takeover.ts';
import { openTakeovers } from '../journal/takeovers.ts';
import { processClock } from '../common/clock.ts';
import { pluralize } from '../common/pluralize.ts';
import type { Logger } from '../common/log.ts';
import { inSpan } from '../common/tracing.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Insert } from './insert-rows.ts';
import { SHIP_AT_CLOSE_MS } from './limits.ts';
import { createShipping, type Shipping, type ShippingHealth } from './shipping.ts';

export interface IngestDependencies {
  readonly dataDir: string;
  readonly limits: JournalLimits;
  /** One INSERT into ClickHouse, once it is ready for that. */
  readonly insert: (insert: Insert) => Promise<void>;
  readonly backlog: Backlog;
  readonly metrics: Metrics;
  /** Called as the newest events are sent, with what settles when ClickHouse has them, or does not; it never rejects. */
  readonly onStoring: (sent: Promise<void>) => void;
  /** Called each time that ClickHouse has more events. */
  readonly onStored: () => void;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly hit: Hit;
}

/** The way of an event from a parsed request to ClickHouse. */
export interface Ingest {
  /**
   * Makes one event durable on this server's disk; ClickHouse has it soon after.
   * @throws AppError `overloaded`: it is not stored and will not be
   */
  accept(event: Event): Promise<void>;
  /** Gathers what one request brings, accepted or not, to make it durable at once. */
  batch(): Batch;
  /** With what events would be refused now, so that a body need not be read first; undefined when they would be taken. */
  overloadError(): AppError | undefined;
  /** In what state the journal and the shipper are, for people. */
  health(): IngestHealth;
  /** Takes no more, ships what is held while ClickHouse answers, and leaves the rest on disk for the next start. */
  close(): Promise<void>;
}

export interface IngestHealth extends ShippingHealth {
  readonly accepting: boolean;
  /** Why not, or what went wrong last; undefined while all is well. */
  readonly journalError: string | undefined;
  /** Files in quarantine: what cannot be read, damaged rows, and rejected ones that ClickHouse refuses. */
  readonly quarantined: number;
}

/** About the largest row of an analytics event; a journal with less room than that is full. */
const ROW_BYTES = 2048;

/** What rejected events may take of the journal's bytes, so that rubbish never keeps a good event out. */
const REJECTED_SHARE = 0.1;

/**
 * Opens this process's journal, takes over those whose owner is gone, now and from now on, and begins to ship.
 * @throws what `claimDirectory` throws, and what the file system answers
 */
export async function openIngest(dependencies: IngestDependencies): Promise<Ingest> {
  const { dataDir, limits, backlog, metrics, nowMs, random, log, hit } = dependencies;
  const root = path.join(dataDir, 'journal');
  const directory = await claimDirectory(root, nowMs(), log);
  const arrivals = new Arrivals(nowMs, random);
  const quarantine = new Quarantine(root);
  await quarantine.count();
  metrics.journal.quarantined(() => quarantine.files);
  const shipping = createShipping({
    ...dependencies,
    quarantine,
    journalOf: (table) => (table === EVENTS ? events : rejected),
    intervalMs: limits.batchMaxWaitMs,
    clock: processClock,
  });
  const events = createJournal(EVENTS, dependencies, directory, shipping);
  const rejected = createJournal(REJECTED, dependencies, directory, shipping);
  const durable: Pick<Journal, 'append' | 'appendError'> = {
    append: async (rows) => inSpan('journal append', {}, async () => events.append(rows)),
    appendError: (bytes) => events.appendError(bytes),
  };
  const bounded: Pick<Journal, 'append' | 'appendError'> = {
    append: async (rows) => rejected.append(rows),
    appendError: (bytes) => rejected.appendError(bytes) ?? shareError(bytes, dependencies),
  };
  const { untyped: onUntyped, notKept: onNotKept } = metrics.events;
  // A batch of more would be refused however often it came.
  const maxBytes = Math.min(limits.pendingMaxBytes, limits.maxBytes);
  /** Taken over, and not read yet: there was no room for it. */
  let unread: readonly string[] = [];
  const closeTakeovers = openTakeovers({
    takeOver: async (signal) => {
      await quarantine.count();
      const { files, failures } = await takeOver(root, directory, takesWithin(limits.maxBytes, backlog));
      unread = await replay([...unread, ...files], signal, { ...dependencies, quarantine, shipping });
      if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join('; '));
    },
    isShipping: () => !shipping.isUnavailable,
    log,
  });

  return {
    accept: async (event) => {
      const arrival = arrivals.next();
      const historic = isHistoric(event, arrival) ? 1 : 0;
      return durable.append({ text: toRow(event, arrival), count: 1, historic });
    },
    batch: () => createBatch({ events: durable, rejected: bounded, maxBytes, arrivals, hit, onUntyped, onNotKept }),
    overloadError: () => events.appendError(ROW_BYTES),
    health: () => ({
      accepting: events.appendError(ROW_BYTES) === undefined && !events.isFailing,
      journalError: (events.appendError(ROW_BYTES) ?? events.lastError ?? rejected.lastError)?.message,
      quarantined: quarantine.files,
      ...shipping.health(),
    }),
    close: async () => {
      await closeTakeovers();
      await shipping.stopBisecting();
      await Promise.all([events.close(), rejected.close()]);
      await shipping.close(SHIP_AT_CLOSE_MS);
      await directory.release();
      const { rows } = backlog.of(EVENTS);
      log.info(
        { events: rows },
        rows === 0 ? 'all shipped' : `${pluralize(rows, 'event')} ${rows === 1 ? 'remains' : 'remain'} in the journal`,
      );
    },
  };
}

function createJournal(
  table: string,
  dependencies: IngestDependencies,
  directory: OwnerDirectory,
  shipping: Shipping,
): Journal {
  const { metrics } = dependencies;
  return new Journal({
    ...dependencies,
    table,
    directory,
    onSealed: (segment) => shipping.ship(segment),
    onCommit: (rows, seconds) => {
      if (table === EVENTS) metrics.events.accepted(rows);
      metrics.journal.commitSeconds.observe(seconds);
      shipping.wake(table);
    },
  });
}

function shareError(bytes: number, { backlog, limits }: IngestDependencies): AppError | undefined {
  const waiting = backlog.of(REJECTED).bytes;
  const limit = Math.floor(limits.maxBytes * REJECTED_SHARE);
  if (waiting + bytes <= limit) return undefined;
  if (bytes > limit) {
    return new AppError('too_large', `${bytes} bytes of rejected events came at once, at most ${limit} may`);
  }
  const message = `${waiting} bytes of rejected events wait for ClickHouse, at most ${limit} may`;
  const retryAfterS = backlog.secondsUntilRoom(waiting + bytes, limit);
  return new AppError('overloaded', message, { retryAfterS });
}

/**
 * Until it is known that ClickHouse takes anything, no more than leaves room for new events: of several servers that start
 * in an outage, one would refuse them for all. But what one owner had, also when it is more: a server that is started again
 * and again must not have new room each time.
 */
function takesWithin(maxBytes: number, backlog: Pick<Backlog, 'bytes' | 'hasDrained'>): (bytes: number) => boolean {
  let heldBytes = backlog.bytes;
  return (bytes) => {
    if (heldBytes > 0 && heldBytes + bytes >= maxBytes && !backlog.hasDrained) return false;
    heldBytes += bytes;
    return true;
  };
}

interface ReplayDependencies extends Pick<IngestDependencies, 'backlog' | 'metrics' | 'log' | 'hit'> {
  readonly quarantine: Quarantine;
  readonly shipping: Shipping;
}

/** @returns those that could not be read for something that is not theirs */
async function replay(
  files: readonly string[],
  signal: AbortSignal,
  dependencies: ReplayDependencies,
): Promise<readonly string[]> {
  const { hit, log, quarantine } = dependencies;
  const unread: string[] = [];
  if (files.length > 0) hit('taken-over');
  for (const file of files) {
    if (signal.aborted) break;
    await replaySegment(file, dependencies).catch(async (error: unknown) => {
      const isMissing = isCode(error, 'ENOENT');
      if (isMissing && (await isGone(file))) return;
      // What else is missing, as in the quarantine, is not for the file.
      if (isMissing || !isOfTheFile(error)) {
        log.warn({ err: error, file }, 'a segment cannot be read now; it is read again');
        unread.push(file);
        return;
      }
      log.error({ err: error, file }, 'a segment cannot be read; it goes into quarantine');
      await quarantine.take(file).catch((error: unknown) => {
        log.warn({ err: error, file }, 'a segment cannot be put into quarantine now; it is tried again');
        unread.push(file);
      });
    });
  }
  return unread;
}

async function isGone(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => false,
    (error: unknown) => isCode(error, 'ENOENT'),
  );
}

async function replaySegment(file: string, dependencies: ReplayDependencies): Promise<void> {
  const { backlog, metrics, log, quarantine, shipping } = dependencies;
  const before = quarantine.files;
  const segment = await recoverSegment(file, quarantine);
  const damaged = quarantine.files - before;
  const facts = { segment: segment.name, rows: segment.rows, damaged };
  if (damaged > 0)
    log.error(facts, 'a segment was damaged; its damaged rows are in quarantine, the others are shipped');
  else log.info(facts, 'took over a segment of a process that is gone');
  if (segment.rows === 0) {
    await unlink(file);
    return;
  }
  backlog.add(segment);
  if (segment.table === EVENTS) metrics.events.recovered(segment.rows);
  shipping.ship(segment);
}
