import { setTimeout as sleep } from 'node:timers/promises';
import { FAIL_POINTS, type FailPoint } from '../../../server/journal/fail-point.ts';
import type { FaultServer } from '../harness/fault-server.ts';
import type { Scenario } from '../harness/scenario.ts';
import type { World } from '../harness/world.ts';

const PATIENCE_MS = 60_000;

export const serverDiesAtFailPoints: Scenario = {
  name: 'server-dies-at-fail-points',
  what: 'Under load the server dies by SIGKILL, or loses power, at each point between receiving and storing',
  weight: 5,
  run: async (world) => {
    world.traffic();
    let server = await world.startServer();
    for (const point of world.random.shuffled(FAIL_POINTS)) {
      // A segment is taken over at a start, and from a server that died with one.
      if (point === 'taken-over') await dieAt(world, server, 'committed');
      else await dieAt(world, server, point);
      if (point === 'taken-over') await gone(world, world.spawnServer({ die: { point, hit: 1 } }));
      server = await world.startServer();
    }
    await world.acknowledged(20);
  },
};

async function dieAt(world: World, server: FaultServer, point: FailPoint): Promise<void> {
  server.tell({ die: { point, hit: world.random.whole(1, 4) } });
  await gone(world, server);
}

async function gone(world: World, server: FaultServer): Promise<void> {
  await Promise.race([server.gone, sleep(PATIENCE_MS, undefined, { ref: false })]);
  if (server.isAlive) throw new Error(`the server did not get to its fail point within ${PATIENCE_MS} ms`);
  if (world.random.isTrue(0.5)) await world.losePower(server);
}
