import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../server/common/errors.ts';
import type { Logger } from '../../server/common/log.ts';
import { namesIn } from '../../server/common/files.ts';
import { claimDirectory, isAlive, removeOwner, type OwnerDirectory } from '../../server/journal/owner-directory.ts';
import { engineAnswers } from './engine-answers.ts';
import { readEngineState, type EngineFiles, type EngineState } from './engine-files.ts';

/** For so long the one that came first waits for those that came with it, and those try again. */
const CLAIM_MS = 1000;
const CLAIM_POLL_MS = 50;

/** Another live process is the one that may run an engine on the directory, whether that answers or not. */
export class EngineInUse extends AppError {
  /** Whether others may use its engine, once that answers. */
  readonly isShared: boolean;
  /** What to say to those that wait for it to answer. */
  readonly silent: string;

  constructor({ directory }: EngineFiles, state: EngineState | undefined) {
    const { isShared = false, ownerPid } = state ?? {};
    const kind = isShared ? 'process' : 'command with the process';
    // What has no engine yet says nothing of itself, nor does one that is gone since less than a minute without its lock.
    const unknown = 'a command, or a process that starts or has just ended';
    const who = ownerPid === undefined ? unknown : `the ${kind} ${ownerPid}`;
    const todo = isShared ? 'stop it first' : 'wait until it ends';
    super('unavailable', `${directory} is in use by ${who}: ${todo}, or set another DATA_DIR.`);
    this.isShared = isShared;
    this.silent = `the embedded ClickHouse of ${who} in ${directory} does not answer`;
  }
}

/**
 * Makes this process the one that may run an engine on the directory, for as long as it lives or until it releases that.
 * Of several that try at once, one does.
 * @throws EngineInUse when another is it; what the file system answers
 */
export async function claimEngine(files: EngineFiles, log: Logger): Promise<OwnerDirectory> {
  const deadlineMs = performance.now() + CLAIM_MS;
  for (;;) {
    const [owner] = await livingOwners(files);
    const claim = owner === undefined ? await tryToClaim(files, log, deadlineMs) : undefined;
    if (claim !== undefined) return claim;
    if (performance.now() > deadlineMs) throw await inUse(files);
    await sleep(CLAIM_POLL_MS);
  }
}

/** Whether this process is it, and no other has claimed to be: its lock was gone for a moment, and another took it for dead. */
export async function isOnlyOwner(files: EngineFiles, { owner }: OwnerDirectory): Promise<boolean> {
  const living = await livingOwners(files);
  return living.length === 1 && living[0] === owner;
}

/** Each looks after its own is there, so of two at once at least one sees the other: the later one withdraws. */
async function tryToClaim(files: EngineFiles, log: Logger, deadlineMs: number): Promise<OwnerDirectory | undefined> {
  const claim = await claimDirectory(files.owners, Date.now(), log);
  try {
    for (;;) {
      const others = (await livingOwners(files)).filter((other) => other !== claim.owner);
      if (others.length === 0) return claim;
      if (performance.now() > deadlineMs || others.some((other) => other < claim.owner)) break;
      await sleep(CLAIM_POLL_MS);
    }
  } catch (error) {
    await claim.release();
    throw error;
  }
  await claim.release();
  return undefined;
}

async function inUse(files: EngineFiles): Promise<EngineInUse> {
  const living = await livingOwners(files);
  const state = await readEngineState(files);
  return new EngineInUse(files, living.includes(state?.owner ?? '') ? state : undefined);
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
