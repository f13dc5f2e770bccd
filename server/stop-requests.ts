import type { FromPrimary } from './workers/messages.ts';
import { isOwnWorker } from './workers/own-worker.ts';
import { tellPrimary } from './workers/worker-rpc.ts';

/** npm forwards what the terminal has sent to the whole group already: two within this time are one request. */
const TOGETHER_MS = 1_000;

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
export type StopSignal = keyof typeof SIGNALS;

/** What a signal asks for, after those that came before it. */
export type StopStep = 'stop' | 'nothing more' | 'end at once';

/** Tells one request to stop from the impatience that follows it. */
export class StopRequests {
  readonly #nowMs: () => number;
  #count = 0;
  #firstMs = 0;

  /** @param nowMs milliseconds since some moment; never goes back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** One or two signals within a second are one request to stop; a third, or one after that second, is to end at once. */
  next(): StopStep {
    this.#count += 1;
    if (this.#count === 1) {
      this.#firstMs = this.#nowMs();
      return 'stop';
    }
    return this.#count === 2 && this.#nowMs() - this.#firstMs <= TOGETHER_MS ? 'nothing more' : 'end at once';
  }
}

/**
 * Hears from now on when this process is asked to stop, in place of whoever heard signals before. A worker is asked by
 * the primary alone: a signal to the whole group must not overtake it.
 * @returns is aborted when it should stop in order; a process that should end at once ends here
 */
export function listenForStop(): AbortSignal {
  const stop = new AbortController();
  const requests = new StopRequests(() => performance.now());
  const hear = (signal: StopSignal) => {
    if (isOwnWorker()) return;
    const step = requests.next();
    if (step === 'stop') stop.abort();
    if (step === 'end at once') endAtOnce(signal);
  };
  for (const signal of Object.keys(SIGNALS) as StopSignal[]) process.removeAllListeners(signal).on(signal, hear);
  if (isOwnWorker()) {
    process.on('message', (message: FromPrimary) => {
      if (message.clickhour === 'stop') stop.abort();
    });
    tellPrimary({ clickhour: 'loaded' });
  }
  return stop.signal;
}

/**
 * Hears from now on when a command is interrupted.
 * @returns is aborted by the first SIGINT or SIGTERM; whoever is impatient after that ends the process
 */
export function listenForInterruption(): AbortSignal {
  const interruption = new AbortController();
  const requests = new StopRequests(() => performance.now());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const step = requests.next();
      if (step === 'stop') interruption.abort(new Error('interrupted'));
      if (step === 'end at once') process.exit(128 + SIGNALS[signal]);
    });
  }
  return interruption.signal;
}

function endAtOnce(signal: StopSignal): never {
  process.stderr.write(`${signal} again: ended at once; what was acknowledged and not shipped is in the journal\n`);
  process.exit(128 + SIGNALS[signal]);
}
