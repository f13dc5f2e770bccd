import type { Scenario } from '../../harness/scenario.ts';

const CUTS = 20;

/** Under load, within a second of the last request, and when everything was shipped and its segments are removed. */
const MOMENTS = [
  { isUnderLoad: true, isShipped: false, minMs: 0, maxMs: 500 },
  { isUnderLoad: false, isShipped: false, minMs: 0, maxMs: 1000 },
  { isUnderLoad: false, isShipped: true, minMs: 300, maxMs: 3000 },
] as const;

export const powerCut: Scenario = {
  name: 'power-cut',
  what: `The disk that the journals and ClickHouse are on is cut off ${CUTS} times at random moments, under load and up to three seconds after it; both are killed, and the file system's own journal is played back`,
  weight: 0.3,
  isOnOwnDisk: true,
  run: async (world) => {
    for (let cut = 0; cut < CUTS; cut += 1) {
      await world.startServer();
      const traffic = world.traffic({ connections: 3 });
      await world.acknowledged(world.random.whole(5, 40));
      const { isUnderLoad, isShipped, minMs, maxMs } = world.random.pick(MOMENTS);
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

/** By then ClickHouse has removed the parts that it has merged. */
const MERGED_AFTER_MS = 45_000;

export const powerCutAfterMerges: Scenario = {
  name: 'power-cut-after-merges',
  what: 'The disk that the journals and ClickHouse are on is cut off under load, once ClickHouse has merged what it had stored and removed that; both are killed, and the file system’s own journal is played back',
  weight: 0.3,
  isOnOwnDisk: true,
  run: async (world) => {
    await world.startServer();
    const traffic = world.traffic({ connections: 3 });
    await world.pause(MERGED_AFTER_MS, MERGED_AFTER_MS + 5000);
    await world.cutPower();
    await traffic.stop();
    await world.startServer();
    world.traffic({ connections: 3 });
    await world.acknowledged(10);
  },
};
