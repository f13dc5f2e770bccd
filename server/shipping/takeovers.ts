import { lstat, unlink } from 'node:fs/promises';
import type { JournalLimits } from '../config/config.ts';
import { errorOf, isCode, isSameFailure, messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { repeat } from '../common/repeat.ts';
import type { Backlog } from '../journal/backlog.ts';
import type { Hit } from '../journal/fail-point.ts';
import { unlessGone, withAdvice } from '../common/files.ts';
import type { OwnerDirectory } from '../journal/owner-directory.ts';
import { isOfTheFile, type Quarantine } from '../journal/quarantine.ts';
import { recoverSegment } from '../journal/recover-segment.ts';
import { EVENTS, type Segment } from '../journal/segment.ts';
import { takeOver } from '../journal/takeover.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Settlement } from './settlement.ts';

export interface TakeoversDependencies {
  /** The directory of all journals. */
  readonly journal: string;
  /** Where those go that are taken over. */
  readonly directory: OwnerDirectory;
  readonly limits: Pick<JournalLimits, 'maxBytes'>;
  readonly backlog: Backlog;
  readonly quarantine: Quarantine;
  readonly settle: Pick<Settlement, 'removeLeft'>;
  /** Whether what is taken over now would be shipped soon; if not, it may as well wait where it is. */
  readonly isShipping: () => boolean;
  readonly ship: (segment: Segment) => void;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly hit: Hit;
}

/** So that events of a server that was killed, or stopped while ClickHouse was unavailable, wait no longer than this for another. */
const LOOK_EVERY_MS = 2_000;

/** Taking over, for as long as it is open. */
export interface Takeovers {
  /** Why not everything could be taken over and read at the last look; undefined when it could. */
  readonly lastError: Error | undefined;
  /** Looks no more. Resolves when nothing is being read any more; what was not read is for another server. */
  close(): Promise<void>;
}

/** A segment that was taken over and cannot be read yet, and why. */
interface Unread {
  readonly file: string;
  readonly error: unknown;
}

/**
 * Takes over the journals whose owner is gone, and ships them: at once, when it is not known yet whether ClickHouse is
 * available, and then for as long as it is open.
 */
export function openTakeovers(dependencies: TakeoversDependencies): Takeovers {
  const { journal, directory, limits, backlog, quarantine, settle, isShipping, log } = dependencies;
  let unread: readonly Unread[] = [];
  let lastError: Error | undefined;
  const look = async (signal: AbortSignal) => {
    await settle.removeLeft();
    if (!isShipping()) return;
    await quarantine.count();
    const { files, failures } = await takeOver(journal, directory, takesWithin(limits.maxBytes, backlog));
    unread = await replay([...unread.map(({ file }) => file), ...files], signal, dependencies);
    const all = [...failures, ...unread.map(({ error }) => error)];
    if (all.length > 0) throw summaryOf(all);
    lastError = undefined;
  };
  const failed = (error: unknown) => {
    if (!isSameFailure(lastError, error))
      log.error({ err: error }, 'not all that servers left in the journal could be taken over; it is tried again');
    lastError = errorOf(error);
  };
  const close = repeat(LOOK_EVERY_MS, look, failed, 0);
  return {
    get lastError() {
      return lastError;
    },
    close,
  };
}

/** So many are told, of the others the number. */
const TOLD = 3;

function summaryOf(failures: readonly unknown[]): AggregateError {
  const told = failures.slice(0, TOLD).map(withAdvice);
  const more = failures.length - told.length;
  return new AggregateError(told, [...told.map(messageOf), ...(more > 0 ? [`and ${more} more`] : [])].join('; '));
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

/** @returns those that could not be read for something that is not theirs */
async function replay(
  files: readonly string[],
  signal: AbortSignal,
  dependencies: TakeoversDependencies,
): Promise<readonly Unread[]> {
  const { hit, log, quarantine } = dependencies;
  const unread: Unread[] = [];
  if (files.length > 0) hit('taken-over');
  for (const file of files) {
    if (signal.aborted) break;
    await replaySegment(file, dependencies).catch(async (error: unknown) => {
      const isMissing = isCode(error, 'ENOENT');
      if (isMissing && (await unlessGone(lstat(file))) === undefined) return;
      // What else is missing, as in the quarantine, is not for the file.
      if (isMissing || !isOfTheFile(error)) {
        unread.push({ file, error });
        return;
      }
      log.error({ err: error, file }, 'a segment cannot be read; it goes into quarantine');
      await quarantine.take(file).catch((error: unknown) => unread.push({ file, error }));
    });
  }
  return unread;
}

async function replaySegment(file: string, dependencies: TakeoversDependencies): Promise<void> {
  const { backlog, metrics, log, quarantine, ship } = dependencies;
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
  ship(segment);
}
