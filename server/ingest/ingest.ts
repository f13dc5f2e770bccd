import { unlink } from 'node:fs/promises';
import path from 'node:path';
import type { JournalLimits } from '../config.ts';
import { AppError, messageOf } from '../errors.ts';
import { Arrivals } from '../events/arrivals.ts';
import type { Event } from '../events/event.ts';
import { toRow } from '../events/row.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Backlog } from './backlog.ts';
import { createBatch, type Batch } from './batch.ts';
import type { Delivery } from './delivery.ts';
import type { Reach } from './fail-point.ts';
import { openInheritance } from './inheritance.ts';
import { Journal } from './journal.ts';
import { claimDirectory, takeOver, type OwnerDirectory } from './owner-directory.ts';
import { recoverSegment } from './recover-segment.ts';
import { keepRefusedRow } from './refused-row.ts';
import { SetAside } from './set-aside.ts';
import { createShipping, type Shipping, type ShippingHealth } from './shipping.ts';

export interface IngestDependencies {
  readonly dataDir: string;
  readonly limits: JournalLimits;
  readonly delivery: Delivery;
  readonly backlog: Backlog;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly reach: Reach;
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
  /** Why events would be refused now, so that a body need not be read first; undefined when they would be taken. */
  refusal(): AppError | undefined;
  /** In what state the journal and the shipper are, for people. */
  health(): IngestHealth;
  /** Takes no more, ships what is held while ClickHouse answers, and leaves the rest on disk for the next start. */
  close(): Promise<void>;
}

export interface IngestHealth extends ShippingHealth {
  readonly accepting: boolean;
  /** Why not, or what went wrong last; undefined while all is well. */
  readonly journalError: string | undefined;
  /** Files that this process has set aside: damaged rows, and rejected ones that ClickHouse refuses. */
  readonly setAside: number;
}

/** About the largest row of an analytics event; a journal with less room than that is full. */
const ROW_BYTES = 2048;

/** The tables that the journal is kept for. */
const EVENTS = 'events';
const REJECTED = 'rejected_events';

/** What rejected events may take of the journal's bytes, so that rubbish never keeps a good event out. */
const REJECTED_SHARE = 0.1;

/** How long a stopping server goes on shipping. */
const SHIP_AT_CLOSE_MS = 10_000;

/** Opens this process's journal, takes over those whose owner is gone, now and from now on, and begins to ship. */
export async function openIngest(dependencies: IngestDependencies): Promise<Ingest> {
  const { dataDir, nowMs, random, log, reach } = dependencies;
  const root = path.join(dataDir, 'journal');
  const directory = await claimDirectory(root, nowMs());
  const arrivals = new Arrivals(nowMs, random);
  const setAside = new SetAside(root);
  const shipping = createShipping({
    ...dependencies,
    ...dependencies.delivery,
    keep: async (...refused) => keepRefusedRow({ rejected, setAside, arrivals }, ...refused),
  });
  const events = createJournal(EVENTS, dependencies, directory, shipping);
  const rejected = createJournal(REJECTED, dependencies, directory, shipping);
  const bounded = {
    append: async (rows: string, count: number) => rejected.append(rows, count),
    refusal: (bytes: number) => rejected.refusal(bytes) ?? shareRefusal(bytes, dependencies),
  };
  const inheritance = openInheritance({
    takeOver: async (signal) => {
      const { files, failures } = await takeOver(root, directory);
      await replay(files, signal, { ...dependencies, setAside, shipping });
      if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join('; '));
    },
    isShipping: () => shipping.health().shipperError === undefined,
    log,
  });

  return {
    accept: (event) => events.append(toRow(event, arrivals.next()), 1),
    batch: () => createBatch({ events, rejected: bounded, arrivals, reach }),
    refusal: () => events.refusal(ROW_BYTES),
    health: () => ({
      accepting: events.refusal(ROW_BYTES) === undefined && !events.isFailing,
      journalError: (events.refusal(ROW_BYTES) ?? events.lastError ?? rejected.lastError)?.message,
      setAside: setAside.files,
      ...shipping.health(),
    }),
    close: async () => {
      await inheritance.close();
      await shipping.stopDividing();
      await Promise.all([events.close(), rejected.close()]);
      await shipping.close(SHIP_AT_CLOSE_MS);
      await directory.release();
    },
  };
}

function createJournal(
  table: string,
  dependencies: IngestDependencies,
  directory: OwnerDirectory,
  shipping: Shipping,
): Journal {
  const { limits, backlog, metrics, log, nowMs, reach } = dependencies;
  return new Journal({
    table,
    directory,
    limits,
    backlog,
    log,
    nowMs,
    reach,
    onSealed: (segment) => shipping.ship(segment),
    onCommit: (rows, seconds) => {
      if (table === EVENTS) metrics.events.accepted(rows);
      metrics.journal.commitSeconds.observe(seconds);
    },
  });
}

function shareRefusal(bytes: number, { backlog, limits }: IngestDependencies): AppError | undefined {
  const waiting = backlog.of(REJECTED).bytes;
  const limit = Math.floor(limits.maxBytes * REJECTED_SHARE);
  if (waiting + bytes <= limit) return undefined;
  const message = `Nothing was stored: ${waiting} bytes of rejected events wait for ClickHouse, at most ${limit} may`;
  const retryAfterS = backlog.secondsUntilRoom(waiting + bytes, limit);
  return new AppError('overloaded', message, { retryAfterS });
}

interface ReplayDependencies extends Pick<IngestDependencies, 'backlog' | 'metrics' | 'log' | 'reach'> {
  readonly setAside: SetAside;
  readonly shipping: Shipping;
}

async function replay(
  files: readonly string[],
  signal: AbortSignal,
  dependencies: ReplayDependencies,
): Promise<void> {
  if (files.length > 0) dependencies.reach('taken-over');
  for (const file of files) {
    if (signal.aborted) return;
    await replaySegment(file, dependencies).catch((error: unknown) =>
      dependencies.log.error({ err: error, file }, 'a segment could not be read; it is left for a person'),
    );
  }
}

async function replaySegment(file: string, dependencies: ReplayDependencies): Promise<void> {
  const { backlog, metrics, log, setAside, shipping } = dependencies;
  const before = setAside.files;
  const segment = await recoverSegment(file, setAside);
  const damaged = setAside.files - before;
  metrics.journal.damaged.inc(damaged);
  const facts = { segment: segment.name, rows: segment.rows, damaged };
  if (damaged > 0)
    log.error(facts, 'a segment was damaged; its damaged rows are set aside, the others are shipped');
  else log.info(facts, 'took over a segment of a process that is gone');
  if (segment.rows === 0) {
    await unlink(file);
    return;
  }
  backlog.add(segment);
  if (segment.table === EVENTS) metrics.events.recovered(segment.rows);
  shipping.ship(segment);
}
