import { once } from 'node:events';

/** Longer than any part takes to close by itself; a part that hangs must not keep the process. */
const CLOSE_DEADLINE_MS = 30_000;

/** What runs until it is closed. */
export interface Running {
  close(): Promise<void>;
}

/**
 * The life of a process that serves: starts, waits until it should stop or something fails that nobody foresaw, closes,
 * and ends the process: with 0 when it stopped as it was asked to, also in the middle of its start, and with 1 otherwise.
 * @param start may throw when `stop` is aborted, after it has closed what it opened
 * @throws what `start` throws otherwise, and what closing throws
 */
export async function runUntilStopped(
  start: (stop: AbortSignal) => Promise<Running>,
  stop: AbortSignal,
): Promise<never> {
  const unforeseen = new AbortController();
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`exiting after an unexpected error: ${text}\n`);
      // The second one comes from closing what is broken already.
      if (unforeseen.signal.aborted) process.exit(1);
      unforeseen.abort();
    });
  }
  const end = AbortSignal.any([stop, unforeseen.signal]);
  if (end.aborted) limitClosing();
  else end.addEventListener('abort', limitClosing);
  const running = await start(end).catch((error: unknown) => {
    if (!end.aborted) throw error;
    return undefined;
  });
  if (!end.aborted) await once(end, 'abort');
  await running?.close();
  process.exit(unforeseen.signal.aborted ? 1 : 0);
}

function giveUp(): never {
  process.stderr.write(
    `did not stop within ${CLOSE_DEADLINE_MS / 1000} s: ended; what is not shipped is in the journal\n`,
  );
  process.exit(1);
}

function limitClosing(): void {
  setTimeout(giveUp, CLOSE_DEADLINE_MS).unref();
}
