import type { FromPrimary } from './messages.ts';
import { isOwnWorker } from './own-worker.ts';
import { tellPrimary } from './worker-rpc.ts';

/**
 * Tells all workers what one has stored, so that none goes on giving an answer that another has outdated.
 * @param stored what a worker does when there are more events in ClickHouse
 * @returns what to call when this one has put them there
 */
export function shareStored(stored: () => void): () => void {
  if (!isOwnWorker()) return stored;
  process.on('message', ({ clickhour }: FromPrimary) => {
    if (clickhour === 'stored') stored();
  });
  return () => {
    // First, so that the others know before this one can have read it.
    tellPrimary({ clickhour: 'stored' });
    stored();
  };
}
