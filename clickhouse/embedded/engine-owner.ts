import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../server/common/errors.ts';
import type { Logger } from '../../server/common/log.ts';
import {
  claimDirectory,
  isAlive,
  namesIn,
  removeOwner,
  type OwnerDirectory,
} from '../../server/journal/owner-directory.ts';
import { engineAnswers } from './engine-answers.ts';
import { readEngineState, type EngineFiles, type EngineState } from './engine-files.ts';

/** For so long the one that came first waits for those that came with it, and those try again. */
const CLAIM_MS = 1000;
const CLAIM_POLL_MS = 100;

/** Another live process is the one that may run an engine on the directory, whether that answers or not. */
export class EngineInUse extends AppError {
  /** Whether others may use its engine, once that answers. */
  readonly isShared: boolean;
  /** What to say to those that wait for it to answer. */
  readonly silent: string;

  constructor({ directory }: EngineFiles, state: EngineState | undefined) {
    const { isShared = false, ownerPid } = state ?? {};
    const kind = isShared ? 'process' : 'command with the process';
    const who = ownerPid === undefined ? 'another process' : `the ${kind} ${ownerPid}`;
    const todo = isShared ? 'stop it first' : 'wait until it ends';
    super('unavailable', `${directory} is in use by ${who}: ${todo}, or set another DATA_DIR.`);
    this.isShared = isShared;
    this.silent = `the embedded ClickHouse of ${who} in ${directory} does not answer`;
  }
}

/**
 * Makes this process the one that may run an engine on the directory, for as long as it lives or until it releases that.
 * Of several that try at once, one does.
 * @throws EngineInUse when another is it
 */
export async function claimEngine(files: EngineFiles, log: Logger): Promise<OwnerDirectory> {
  const deadlineMs = performance.now() + CLAIM_MS;
  do {
    const claim = await claimDirectory(files.owners, Date.now(), log);
    if (await isAlone(files, claim, deadlineMs)) return claim;
    await claim.release();
    await sleep(CLAIM_POLL_MS);
  } while (performance.now() < deadlineMs);
  const [owner] = await livingOwners(files);
  const state = await readEngineState(files);
  throw new EngineInUse(files, state?.owner === owner ? state : undefined);
}

/** Each looks after it is there itself, so of two at once at least one sees the other: the later one withdraws. */
async function isAlone(files: EngineFiles, { owner }: OwnerDirectory, deadlineMs: number): Promise<boolean> {
  for (;;) {
    const others = (await livingOwners(files)).filter((other) => other !== owner);
    if (others.length === 0) return true;
    if (performance.now() > deadlineMs || others.some((other) => other < owner)) return false;
    await sleep(CLAIM_POLL_MS);
  }
}

/** Those that are gone are removed. */
async function livingOwners({ owners }: EngineFiles): Promise<string[]> {
  const living: string[] = [];
  for (const owner of (await namesIn(owners)).sort()) {
    const directory = path.join(owners, owner);
    if (await isAlive(directory)) living.push(owner);
    else await removeOwner(directory);
  }
  return living;
}

/** Of the engine that a live process runs on this directory, if one answers. */
export async function runningState(files: EngineFiles): Promise<EngineState | undefined> {
  const state = await readEngineState(files);
  if (state === undefined || !(await isAlive(path.join(files.owners, state.owner)))) return undefined;
  return (await engineAnswers(files, state.ports)) ? state : undefined;
}
