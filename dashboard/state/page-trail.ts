/** Which page leads to which. Cursors only go forward; what was seen on the way is the way back. */
export interface PageTrail {
  /** Notes that the page at `cursor` names `next` as the one after it; the first page has the cursor ''. */
  learn(cursor: string, next: string | null): void;
  /** The cursor of the page before; undefined when it has not been seen. */
  before(cursor: string): string | undefined;
  /** How many pages are before this one; undefined when not all of them have been seen. */
  depth(cursor: string): number | undefined;
}

/** @param max how many pages are remembered; the oldest are forgotten */
export function createPageTrail(max = 10_000): PageTrail {
  const previous = new Map<string, string>();
  return {
    learn: (cursor, next) => {
      if (next === null) return;
      previous.delete(next);
      previous.set(next, cursor);
      for (const oldest of previous.keys()) {
        if (previous.size <= max) break;
        previous.delete(oldest);
      }
    },
    before: (cursor) => previous.get(cursor),
    depth: (cursor) => {
      let depth = 0;
      let at: string | undefined = cursor;
      while (at !== undefined && at !== '') {
        at = previous.get(at);
        depth += 1;
      }
      return at === undefined ? undefined : depth;
    },
  };
}
