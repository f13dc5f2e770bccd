import { setTimeout as sleep } from 'node:timers/promises';

/** What the promise was rejected with. Fails when it was not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}

/** Waits until the check passes; throws its last error when it never does. */
export async function eventually(check: () => unknown, withinMs = 30_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; ; await sleep(50)) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
