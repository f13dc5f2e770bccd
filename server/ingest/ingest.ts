import { unlink } from 'node:fs/promises';
import path from 'node:path';
import type { JournalLimits } from '../config.ts';
import { AppError } from '../errors.ts';
import { Arrivals } from '../events/arrivals.ts';
import type { Event } from '../events/event.ts';
import { toRow } from '../events/row.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Backlog } from './backlog.ts';
import { createBatch, type Batch } from './batch.ts';
import type { Reach } from './fail-point.ts';
import { Journal } from './journal.ts';
import { claimDirectory, takeOver, type OwnerDirectory } from './owner-directory.ts';
import { recoverSegment, type Segment } from './segment.ts';
import { Shipper } from './shipper.ts';

export interface IngestDependencies {
  readonly dataDir: string;
  readonly limits: JournalLimits;
  /** Puts a segment into ClickHouse; see `ShipperDependencies`. */
  readonly insert: (segment: Segment) => Promise<void>;
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

export interface IngestHealth {
  readonly accepting: boolean;
  /** Why not, or what went wrong last; undefined while all is well. */
  readonly journalError: string | undefined;
  readonly shipper: string;
  readonly shipperError: string | undefined;
  readonly refusedSegments: number;
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

/** Opens this process's journal, takes over those whose owner is gone, and begins to ship. */
export async function openIngest(dependencies: IngestDependencies): Promise<Ingest> {
  const { dataDir, nowMs, random, log, reach } = dependencies;
  const root = path.join(dataDir, 'journal');
  const directory = await claimDirectory(root, nowMs());
  const arrivals = new Arrivals(nowMs, random);
  const shipper = createShipper(dependencies);
  const events = createJournal(EVENTS, dependencies, directory, shipper);
  const rejected = createJournal(REJECTED, dependencies, directory, shipper);
  const bounded = {
    append: async (rows: string, count: number) => rejected.append(rows, count),
    refusal: (bytes: number) => rejected.refusal(bytes) ?? shareRefusal(bytes, dependencies),
  };
  const replayed = takeOver(root, directory).then(async (files) => replay(files, dependencies, shipper));
  replayed.catch((error: unknown) =>
    log.error({ err: error }, 'journals of earlier processes could not be taken over'),
  );

  return {
    accept: (event) => events.append(toRow(event, arrivals.next()), 1),
    batch: () => createBatch({ events, rejected: bounded, arrivals, reach }),
    refusal: () => events.refusal(ROW_BYTES),
    health: () => ({
      accepting: events.refusal(ROW_BYTES) === undefined && !events.isFailing,
      journalError: (events.refusal(ROW_BYTES) ?? events.lastError ?? rejected.lastError)?.message,
      shipper: shipper.state,
      shipperError: shipper.lastError?.message,
      refusedSegments: shipper.refused,
    }),
    close: async () => {
      await Promise.all([events.close(), rejected.close()]);
      await shipper.close(SHIP_AT_CLOSE_MS);
      await directory.release();
    },
  };
}

function createShipper({ insert, backlog, metrics, log, random, reach }: IngestDependencies): Shipper {
  return new Shipper({
    insert,
    backlog,
    log,
    random,
    reach,
    onShipped: (segment, seconds) => {
      if (segment.table === EVENTS) metrics.events.stored(segment.rows);
      metrics.journal.shipSeconds.observe(seconds);
    },
    onFailure: (kind) => metrics.journal.shipFailures.inc({ class: kind }),
  });
}

function createJournal(
  table: string,
  dependencies: IngestDependencies,
  directory: OwnerDirectory,
  shipper: Shipper,
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
    onSealed: (segment) => shipper.ship(segment),
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
  return new AppError('overloaded', message, { retryAfterS: 5 });
}

async function replay(files: readonly string[], deps: IngestDependencies, shipper: Shipper): Promise<void> {
  if (files.length > 0) deps.reach('taken-over');
  for (const file of files) {
    const segment = await recoverSegment(file);
    deps.log.info(
      { segment: segment.name, rows: segment.rows },
      'took over a segment of a process that is gone',
    );
    if (segment.rows === 0) {
      await unlink(file);
      continue;
    }
    deps.backlog.add(segment);
    if (segment.table === EVENTS) deps.metrics.events.recovered(segment.rows);
    shipper.ship(segment);
  }
}
