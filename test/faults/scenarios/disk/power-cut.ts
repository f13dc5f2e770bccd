import type { Scenario } from '../../harness/scenario.ts';

const CUTS = 20;

/** Under load, within a second of the last request, and when everything was shipped and its segments are removed. */
const MOMENTS = [
  { isUnderLoad: true, isShipped: false, minMs: 0, maxMs: 500 },
  { isUnderLoad: false, isShipped: false, minMs: 0, maxMs: 1000 },
  { isUnderLoad: false, isShipped: true, minMs: 300, maxMs: 3000 },
] as const;

/** By then ClickHouse has removed parts that it has merged. */
const MERGED = { isUnderLoad: true, isShipped: false, minMs: 40_000, maxMs: 50_000 };

export const powerCut: Scenario = {
  name: 'power-cut',
  what: `The disk that the journals and ClickHouse are on is cut off ${CUTS} times at random moments, under load and up to three seconds after it, once after 40 seconds of load; both are killed, and the file system's own journal is played back`,
  weight: 0.3,
  isOnOwnDisk: true,
  run: async (world) => {
    for (let cut = 0; cut < CUTS; cut += 1) {
      await world.startServer();
      const traffic = world.traffic({ connections: 3 });
      await world.acknowledged(world.random.whole(5, 40));
      const { isUnderLoad, isShipped, minMs, maxMs } = cut === 0 ? MERGED : world.random.pick(MOMENTS);
      if (!isUnderLoad) await traffic.stop();
      if (isShipped) await world.drained();
      await world.pause(minMs, maxMs);
      await world.cutPower();
      await traffic.stop();
      const back = isShipped ? await world.waitingFiles() : [];
      if (back.length > 0) throw new Error(`${back.join(', ')} had been removed, and came back`);
    }
    await world.startServer();
    world.traffic({ connections: 3 });
    await world.acknowledged(10);
  },
};
