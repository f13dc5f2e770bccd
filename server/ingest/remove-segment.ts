import { unlink } from 'node:fs/promises';
import type { Logger } from '../log.ts';
import type { Segment } from './segment.ts';

/**
 * Removes the file of a segment, all rows of which are safe elsewhere. One that cannot be removed is shipped again by the
 * next start, and counted once because of its tokens.
 */
export async function removeSegment(segment: Segment, log: Logger): Promise<void> {
  await unlink(segment.path).catch((error: unknown) => {
    log.error({ err: error, segment: segment.name }, 'a shipped segment could not be removed');
  });
}
