import { asApiError, type ApiError } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import { sleep } from './sleep.ts';

export interface Poll<T> {
  readonly ask: (signal: AbortSignal) => Promise<T>;
  /** From one answer to the next question, in milliseconds; `undefined` asks until there is one answer. */
  readonly everyMs: number | undefined;
  readonly onAnswer: (value: T) => void;
  readonly onFailure: (error: ApiError) => void;
  /** Resolves when somebody is looking, or the signal is aborted. */
  readonly whenVisible: (signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/**
 * Asks again and again until the signal is aborted, one question at a time, and only while somebody is looking. After a
 * failure that may pass it waits longer each time; after one that will not, it ends.
 */
export async function poll<T>(options: Poll<T>, signal: AbortSignal): Promise<void> {
  const { ask, everyMs, onAnswer, onFailure, whenVisible, random } = options;
  let failures = 0;
  for (;;) {
    await whenVisible(signal);
    if (signal.aborted) return;
    const result = await ask(signal).then(
      (value) => ({ value }),
      (error: unknown) => ({ error: asApiError(error) }),
    );
    if (signal.aborted) return;
    if ('value' in result) {
      failures = 0;
      onAnswer(result.value);
      if (everyMs === undefined) return;
      await sleep(everyMs, signal);
    } else {
      failures += 1;
      onFailure(result.error);
      if (!result.error.isTemporary) return;
      await sleep(backoffMs(failures, { atLeastMs: result.error.retryAfterMs, random }), signal);
    }
  }
}
