import { setMaxListeners } from 'node:events';
import { pause } from '../../server/common/retry.ts';

export interface Load<Item> {
  /** Taken one by one, each by whichever lane is free. */
  readonly items: Iterator<Item, unknown>;
  /** How many may be under way at a time. */
  readonly concurrency: number;
  /** Of all lanes together; 0 is no limit. */
  readonly ratePerS: number;
  /** Handles one item. An error it throws ends the whole load. */
  readonly handle: (item: Item) => Promise<void>;
  /** Aborted: no more items are taken, and those under way are waited for. */
  readonly signal: AbortSignal;
}

/** Runs a load to the end of its items, or until its signal. */
export async function runLoad<Item>({ items, concurrency, ratePerS, handle, signal }: Load<Item>): Promise<void> {
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  setMaxListeners(0, signal, stop);
  const turn = createPacer(ratePerS, stop);
  const lane = async () => {
    for (;;) {
      await turn();
      if (stop.aborted) return;
      const { done, value } = items.next();
      if (done === true) return;
      await handle(value);
    }
  };
  const lanes = Array.from({ length: concurrency }, () => lane());
  for (const each of lanes) each.catch(() => failure.abort());
  await Promise.all(lanes);
}

/** The first `count` of an iterator's values. */
export function* take<Item>(items: Iterator<Item, unknown>, count: number): Generator<Item, void> {
  for (let i = 0; i < count; i += 1) {
    const { done, value } = items.next();
    if (done === true) return;
    yield value;
  }
}

/** Turns that come evenly spaced; whoever is late does not shift those after it. */
function createPacer(ratePerS: number, signal: AbortSignal): () => Promise<void> {
  if (ratePerS === 0) return async () => undefined;
  const startMs = performance.now();
  let turns = 0;
  return async () => {
    const dueMs = startMs + (turns * 1000) / ratePerS;
    turns += 1;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await pause(waitMs, signal);
  };
}
