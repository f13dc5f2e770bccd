import { pause } from './retry.ts';

/**
 * Does something again and again, each time so long after the last has ended. What it throws is told, and does not end it.
 * @param work is to end early when its signal is aborted
 * @param firstMs how long before the first time
 * @returns how to end it; resolves when what is under way has ended
 */
export function repeat(
  everyMs: number,
  work: (signal: AbortSignal) => Promise<void>,
  onFailure: (error: unknown) => void,
  firstMs = everyMs,
): () => Promise<void> {
  const stop = new AbortController();
  const working = (async () => {
    for (await pause(firstMs, stop.signal); !stop.signal.aborted; await pause(everyMs, stop.signal)) {
      await work(stop.signal).catch(onFailure);
    }
  })();
  return async () => {
    stop.abort();
    await working;
  };
}
