import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually } from '../../../support/http/outcome.ts';
import { PASS } from '../../../support/server/proxy.ts';
import type { FaultServer } from '../../harness/fault-server.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { World } from '../../harness/world.ts';

const run = promisify(execFile);

export const diskFull: Scenario = {
  name: 'disk-full',
  what: 'ClickHouse is unavailable until the file system of the journal is full; 503 with Retry-After, and all is well once there is room',
  run: async (world) => {
    const isSmall = await mountSmall(world, world.dataDir());
    world.onInsert(() => ({ do: 'cut before' }));
    const server = await world.startServer();
    world.traffic();
    await world.acknowledged(20);
    if (!isSmall) server.tell({ disk: 'full' });
    await eventually(() => {
      if (world.ledger.count(503) < 5) throw new Error(JSON.stringify(world.ledger.statuses));
    }, 60_000);
    await expectHonestRefusal(world, server);
    if (world.random.isTrue(0.5)) await world.killServer(server);
    world.onInsert(() => PASS);
    server.tell({ disk: 'works' });
    if (!server.isAlive) await world.startServer();
    await world.acknowledged(50);
  },
};

/** @returns whether it could: a file system that is really full needs the right to mount one */
async function mountSmall(world: World, directory: string): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const options = ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', directory];
  const isMounted = await run('mount', options).then(
    () => true,
    () => false,
  );
  // Lazily: a server that hangs must not keep it.
  if (isMounted) world.closing.add('mount', async () => run('umount', ['-l', directory]));
  return isMounted;
}

async function expectHonestRefusal({ ledger }: World, { url }: FaultServer): Promise<void> {
  await eventually(async () => {
    const id = ledger.open();
    const answer = await fetch(`${url}/analytics?timestamp=0&user=${id}&click`, { method: 'POST' });
    ledger.settle([id], answer.status === 204 ? 'acknowledged' : 'refused');
    const retryAfter = answer.headers.get('retry-after') ?? 'nothing';
    if (answer.status !== 503 || !/^\d+$/.test(retryAfter))
      throw new Error(`received ${answer.status}, Retry-After ${retryAfter}, expected 503 and a number`);
  }, 60_000);
}
