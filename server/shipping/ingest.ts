import path from 'node:path';
import type { JournalLimits } from '../config/config.ts';
import { AppError } from '../common/errors.ts';
import { ReceiveStamps } from '../events/receive-stamps.ts';
import type { Event } from '../events/event.ts';
import { toRow } from '../events/row.ts';
import type { Backlog } from '../journal/backlog.ts';
import type { Hit } from '../journal/fail-point.ts';
import type { Journal } from '../journal/journal.ts';
import { claimDirectory } from '../journal/owner-directory.ts';
import { Quarantine } from '../journal/quarantine.ts';
import { createBatch, type Batch } from '../journal/request-batch.ts';
import { EVENTS, isHistoric, REJECTED } from '../journal/segment.ts';
import { pluralize } from '../common/words.ts';
import type { Logger } from '../common/log.ts';
import { inSpan } from '../common/tracing.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Insert } from './insert-rows.ts';
import { SHIP_AT_CLOSE_MS } from './limits.ts';
import type { Lane } from './lanes.ts';
import { openPipeline, type Pipeline, type PipelineDependencies } from './pipeline.ts';
import { keepRefusedRow } from './refused-row.ts';
import { Settlement } from './settlement.ts';
import { openTakeovers, type Takeovers } from './takeovers.ts';

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

export interface IngestHealth {
  readonly accepting: boolean;
  /** Why not, or what went wrong last; undefined while all is well. */
  readonly journalError: string | undefined;
  /** Files in quarantine: what cannot be read, damaged rows, and rejected ones that ClickHouse refuses. */
  readonly quarantined: number;
  /** What each lane of the events does. */
  readonly lanes: Readonly<Record<Lane, string>>;
  readonly shipperError: string | undefined;
  /** Segments that ClickHouse does not take as they are and that are being bisected. */
  readonly refusedSegments: number;
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
  const pipelines: Pipeline[] = [];
  const beginAnew = () => void pipelines.map(({ journal }) => journal.beginAnew());
  const directory = await claimDirectory(root, nowMs(), log, beginAnew);
  const stamps = new ReceiveStamps(nowMs, random);
  const quarantine = new Quarantine(root);
  await quarantine.count();
  metrics.journal.quarantined(() => quarantine.files);
  const settle = new Settlement({ ...dependencies, quarantine });
  const shared: PipelineDependencies = {
    ...dependencies,
    directory,
    settle,
    keep: async (...refused) => keepRefusedRow({ rejected: rejected.journal, quarantine }, ...refused),
  };
  const events = openPipeline(EVENTS, shared);
  const rejected: Pipeline = openPipeline(REJECTED, shared);
  pipelines.push(events, rejected);
  const durable: Pick<Journal, 'append' | 'appendError'> = {
    append: async (rows) => inSpan('journal append', {}, async () => events.journal.append(rows)),
    appendError: (bytes) => events.journal.appendError(bytes),
  };
  const bounded: Pick<Journal, 'append' | 'appendError'> = {
    append: async (rows) => rejected.journal.append(rows),
    appendError: (bytes) => rejected.journal.appendError(bytes) ?? shareError(bytes, dependencies),
  };
  const { untyped: onUntyped, notKept: onNotKept } = metrics.events;
  // A batch of more would be refused however often it came.
  const maxBytes = Math.min(limits.pendingMaxBytes, limits.maxBytes);
  const takeovers = openTakeovers({
    ...dependencies,
    journal: root,
    directory,
    quarantine,
    settle,
    isShipping: () => !events.shipper.isUnavailable,
    ship: (segment) => (segment.table === EVENTS ? events : rejected).shipper.ship(segment),
  });

  return {
    accept: async (event) => {
      const stamp = stamps.next();
      const historic = isHistoric(event, stamp) ? 1 : 0;
      return durable.append({ text: toRow(event, stamp), count: 1, historic });
    },
    batch: () => createBatch({ events: durable, rejected: bounded, maxBytes, stamps, hit, onUntyped, onNotKept }),
    overloadError: () => events.journal.appendError(ROW_BYTES),
    health: () => healthOf({ events, rejected, takeovers, quarantine, settle }),
    close: async () => {
      await takeovers.close();
      // Before the journal of the rejected events, which a refused row needs.
      await Promise.all(pipelines.map(async ({ bisector }) => bisector.close()));
      await Promise.all(pipelines.map(async ({ journal }) => journal.close()));
      await Promise.all(pipelines.map(async ({ shipper }) => shipper.close(SHIP_AT_CLOSE_MS)));
      await directory.release();
      const { rows } = backlog.of(EVENTS);
      log.info(
        { events: rows },
        rows === 0 ? 'all shipped' : `${pluralize(rows, 'event')} ${rows === 1 ? 'remains' : 'remain'} in the journal`,
      );
    },
  };
}

interface HealthParts {
  readonly events: Pipeline;
  readonly rejected: Pipeline;
  readonly takeovers: Takeovers;
  readonly quarantine: Quarantine;
  readonly settle: Settlement;
}

function healthOf({ events, rejected, takeovers, quarantine, settle }: HealthParts): IngestHealth {
  const pipelines = [events, rejected];
  const overload = events.journal.appendError(ROW_BYTES);
  const journals = [events.journal.lastError, rejected.journal.lastError];
  const journalErrors = [overload, ...journals, takeovers.lastError, settle.lastError];
  const shipperErrors = pipelines.map(({ shipper, bisector }) => shipper.lastError ?? bisector.lastError);
  return {
    accepting: overload === undefined && !events.journal.isFailing,
    journalError: firstMessage(journalErrors),
    quarantined: quarantine.files,
    lanes: events.shipper.state,
    shipperError: firstMessage(shipperErrors),
    refusedSegments: pipelines.reduce((sum, { bisector }) => sum + bisector.segments, 0),
  };
}

function firstMessage(errors: readonly (Error | undefined)[]): string | undefined {
  return errors.find((error) => error !== undefined)?.message;
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
