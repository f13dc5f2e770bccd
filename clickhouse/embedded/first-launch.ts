import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf } from '../../server/common/errors.ts';
import { DIRECTORY_LOCKED, EngineStartError, launchEngine, PORT_TAKEN, type EngineChild } from './engine-child.ts';
import { readEngineState, type EngineFiles } from './engine-files.ts';
import { choosePorts, type EnginePorts } from './free-ports.ts';

/** An engine whose owner was killed needs a moment to shut its tables down. */
const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 100;
const MAX_PORT_CHOICES = 10;

/**
 * Starts the engine of a directory that is this process's, on the wanted ports or else the last ones, when they are free.
 * @throws AppError `unavailable`, or the reason of `signal`
 */
export async function firstLaunch(
  files: EngineFiles,
  signal: AbortSignal,
  wanted?: EnginePorts,
): Promise<{ child: EngineChild; ports: EnginePorts }> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (let choices = 1; ;) {
    const last = await readEngineState(files);
    const ports = await choosePorts(wanted ?? { http: last?.ports.http ?? 0 });
    try {
      return { child: await launchEngine(files, ports, signal), ports };
    } catch (error) {
      signal.throwIfAborted();
      const code = error instanceof EngineStartError ? error.code : undefined;
      if (code === DIRECTORY_LOCKED && Date.now() < deadline) {
        await sleep(LOCK_POLL_MS);
      } else if (code === PORT_TAKEN && choices < MAX_PORT_CHOICES) {
        choices += 1;
      } else {
        throw new AppError('unavailable', startFailure(files, error), { cause: error });
      }
    }
  }
}

function startFailure(files: EngineFiles, error: unknown): string {
  return `The embedded ClickHouse did not start in ${files.directory}: ${messageOf(error)}`;
}
