import { lstat, unlink } from 'node:fs/promises';
import type { JournalLimits } from '../config/config.ts';
import { isCode, isSameFailure, messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { repeat } from '../common/repeat.ts';
import type { Backlog } from '../journal/backlog.ts';
import type { Hit } from '../journal/fail-point.ts';
import { unlessGone, type OwnerDirectory } from '../journal/owner-directory.ts';
import { isOfTheFile, type Quarantine } from '../journal/quarantine.ts';
import { recoverSegment } from '../journal/recover-segment.ts';
import { EVENTS, type Segment } from '../journal/segment.ts';
import { takeOver } from '../journal/takeover.ts';
import type { Metrics } from '../metrics/metrics.ts';

export interface TakeoversDependencies {
  /** The directory of all journals. */
  readonly journal: string;
  /** Where those go that are taken over. */
  readonly directory: OwnerDirectory;
  readonly limits: Pick<JournalLimits, 'maxBytes'>;
  readonly backlog: Backlog;
  readonly quarantine: Quarantine;
  /** Whether what is taken over now would be shipped soon; if not, it may as well wait where it is. */
  readonly isShipping: () => boolean;
  readonly ship: (segment: Segment) => void;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly hit: Hit;
}

/** So that events of a server that was killed, or stopped while ClickHouse was unavailable, wait no longer than this for another. */
const LOOK_EVERY_MS = 2_000;

/**
 * Takes over the journals whose owner is gone, and ships them: at once, when it is not known yet whether ClickHouse is
 * available, and then for as long as it is open.
 * @returns how to look no more; resolves when nothing is being read any more. What was not read is for another server
 */
export function openTakeovers(dependencies: TakeoversDependencies): () => Promise<void> {
  const { journal, directory, limits, backlog, quarantine, isShipping, log } = dependencies;
  /** Taken over, and could not be read yet. */
  let unread: readonly string[] = [];
  let last: unknown;
  const look = async (signal: AbortSignal) => {
    if (!isShipping()) return;
    await quarantine.count();
    const { files, failures } = await takeOver(journal, directory, takesWithin(limits.maxBytes, backlog));
    unread = await replay([...unread, ...files], signal, dependencies);
    if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join('; '));
    last = undefined;
  };
  const failed = (error: unknown) => {
    if (!isSameFailure(last, error))
      log.error({ err: error }, 'journals of servers that are gone could not be taken over');
    last = error;
  };
  return repeat(LOOK_EVERY_MS, look, failed, 0);
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
): Promise<readonly string[]> {
  const { hit, log, quarantine } = dependencies;
  const unread: string[] = [];
  if (files.length > 0) hit('taken-over');
  for (const file of files) {
    if (signal.aborted) break;
    await replaySegment(file, dependencies).catch(async (error: unknown) => {
      const isMissing = isCode(error, 'ENOENT');
      if (isMissing && (await unlessGone(lstat(file))) === undefined) return;
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
