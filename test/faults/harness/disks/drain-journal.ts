import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultServer } from '../fault-server.ts';

/** Without any file less in a journal for so long, it is stuck. How long all takes depends on the machine. */
export const STUCK_MS = 30_000;

export interface Draining {
  /** The files of the journal that should be shipped and are not. */
  readonly undrained: () => Promise<readonly string[]>;
  /** A server that takes over what is there. */
  readonly startSuccessor: () => Promise<FaultServer>;
  readonly stop: (server: FaultServer) => Promise<void>;
}

/**
 * Lets servers ship a journal that nobody owns any more, until nothing is left.
 * @throws Error when one does not get on with it
 */
export async function drainJournal(draining: Draining): Promise<void> {
  // Again while something is left: a listing can miss files that a successor moves meanwhile, which is then stopped early.
  while ((await draining.undrained()).length > 0) await drainByNewServer(draining);
}

async function drainByNewServer({ undrained, startSuccessor, stop }: Draining): Promise<void> {
  const successor = await startSuccessor();
  let files = (await undrained()).length;
  for (let deadline = Date.now() + STUCK_MS; files > 0 && Date.now() < deadline; await sleep(50)) {
    const left = (await undrained()).length;
    if (left < files) deadline = Date.now() + STUCK_MS;
    files = left;
  }
  const health = files === 0 ? '' : await (await fetch(`${successor.url}/health`)).text();
  await stop(successor);
  if (files > 0) throw new Error(`${files} files of a journal are not shipped: ${health}`);
}
