/**
 * The same work, done at most once in so many milliseconds however many ask: they get what is under way, or was last found.
 * @param nowMs milliseconds since some moment; never goes back
 */
export function remembered<T>(forMs: number, nowMs: () => number, work: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | undefined;
  let startedMs = 0;
  return async () => {
    if (last === undefined || nowMs() - startedMs >= forMs) {
      startedMs = nowMs();
      last = work();
      // What failed is no answer to the next who asks.
      last.catch(() => (last = undefined));
    }
    return await last;
  };
}
