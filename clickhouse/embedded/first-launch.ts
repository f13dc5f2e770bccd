import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf, isCode } from '../../server/common/errors.ts';
import { engineAnswers } from './engine-answers.ts';
import { DIRECTORY_LOCKED, EngineStartError, launchEngine, PORT_TAKEN, type EngineChild } from './engine-child.ts';
import { readEngineState, type EngineFiles, type EngineState } from './engine-files.ts';
import { choosePorts, type EnginePorts } from './free-ports.ts';

/** An engine whose owner was killed needs a moment to shut its tables down. */
const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 100;
const OWNER_CONFIRM_MS = 500;
const MAX_PORT_CHOICES = 10;

/** Another live process runs an engine on the directory. */
export class EngineInUse extends AppError {
  constructor({ directory }: EngineFiles, { ownerPid, isShared }: EngineState) {
    const [who, todo] = isShared ? ['process', 'stop it first'] : ['command with the process', 'wait until it ends'];
    super('unavailable', `${directory} is in use by the ${who} ${ownerPid}: ${todo}, or set another DATA_DIR.`);
  }
}

/**
 * Starts the engine of a directory that no live process seems to own, on the wanted ports or else the last ones, when
 * they are free.
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
    const ports = await choosePorts(wanted ?? last?.ports);
    try {
      return { child: await launchEngine(files, ports, signal), ports };
    } catch (error) {
      signal.throwIfAborted();
      const code = error instanceof EngineStartError ? error.code : undefined;
      if (code === DIRECTORY_LOCKED && Date.now() < deadline) {
        await refuseWhenOwned(files);
        await sleep(LOCK_POLL_MS);
      } else if (code === PORT_TAKEN && choices < MAX_PORT_CHOICES) {
        choices += 1;
      } else {
        throw new AppError('unavailable', startFailure(files, error), { cause: error });
      }
    }
  }
}

/** @throws EngineInUse when a live process runs an engine on this directory */
export async function refuseWhenOwned(files: EngineFiles): Promise<void> {
  if ((await liveOwner(files)) === undefined) return;
  // An owner that was killed this moment can still look alive, and so can its engine, which is about to end.
  await sleep(OWNER_CONFIRM_MS);
  const state = await liveOwner(files);
  if (state === undefined) return;
  throw new EngineInUse(files, state);
}

/** Of the engine that a live process runs on this directory, if one answers. */
export async function liveOwner(files: EngineFiles): Promise<EngineState | undefined> {
  const state = await readEngineState(files);
  return state !== undefined && isAlive(state.ownerPid) && (await engineAnswers(files, state.ports))
    ? state
    : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process is there, but another user's.
    return isCode(error, 'EPERM');
  }
}

function startFailure(files: EngineFiles, error: unknown): string {
  return `The embedded ClickHouse did not start in ${files.directory}: ${messageOf(error)}`;
}
