import { asApiError, type ApiError } from './api-error.ts';
import type { Api } from './api.ts';
import { backoffMs } from './backoff.ts';
import { sleep } from './sleep.ts';

const TRIES = 3;

export interface Trial {
  readonly api: Pick<Api, 'get' | 'nowMs'>;
  readonly key: string;
  readonly random: () => number;
  /** Waits so many milliseconds. */
  readonly pause?: (ms: number) => Promise<void>;
}

/**
 * Asks for something that needs the role `read`. What is busy answers before it looks at the key, so that is asked again;
 * not for long, because somebody waits.
 * @returns why it was not answered, or nothing
 */
export async function tryKey({ api, key, random, pause = sleepFor }: Trial): Promise<ApiError | undefined> {
  const path = `/analytics?timestamp=${Math.floor(api.nowMs())}`;
  for (let tries = 1; ; tries += 1) {
    const error = await api.get(path, { signal: FOREVER, key }).then(() => undefined, asApiError);
    if (error?.kind !== 'unavailable' || tries === TRIES) return error;
    await pause(backoffMs(tries, { random }));
  }
}

const FOREVER = new AbortController().signal;

async function sleepFor(ms: number): Promise<void> {
  await sleep(ms, FOREVER);
}
