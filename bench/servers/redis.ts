import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Closing } from '../../server/closing.ts';
import { pause } from '../../server/common/retry.ts';

/** A Redis that syncs each command to its append-only file before it answers, on a socket of its own. */
export interface Redis {
  readonly socket: string;
  readonly pid: number;
}

const START_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** @returns undefined where there is no `redis-server` */
export async function startRedis(closing: Closing): Promise<Redis | undefined> {
  const directory = await mkdtemp(path.join(tmpdir(), 'clickhour-bench-redis-'));
  closing.add('directory of Redis', () => rm(directory, { recursive: true, force: true }));
  const socket = path.join(directory, 'redis.sock');
  const settings = {
    dir: directory,
    port: '0',
    unixsocket: socket,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const child = spawn(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: 'ignore' },
  );
  const started = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]);
  if (!started || child.pid === undefined) return undefined;
  closing.add('Redis', async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  });
  const deadline = AbortSignal.timeout(START_WITHIN_MS);
  while (!(await exists(socket))) {
    deadline.throwIfAborted();
    await pause(LOOK_EVERY_MS, deadline);
  }
  return { socket, pid: child.pid };
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
