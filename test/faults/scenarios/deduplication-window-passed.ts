import type { Scenario } from '../harness/scenario.ts';

/** How many blocks ClickHouse is made to remember, instead of 100,000. */
const WINDOW = 10;
/** Longer than a segment waits to be sealed here, so that each body is a batch of its own. */
const BETWEEN_BODIES_MS = 200;

export const deduplicationWindowPassed: Scenario = {
  name: 'deduplication-window-passed',
  what: `ClickHouse remembers ${WINDOW} blocks. A server dies when a batch is stored and it has not been told, and until the next takes over its journal, another server has more batches stored than ClickHouse remembers`,
  run: async (world) => {
    await world.stopServer(await world.startServer());
    await world.forgetAfter(WINDOW);
    for (let times = world.random.whole(1, 2); times > 0; times -= 1) {
      const dying = await world.startServer({ data: 'first', die: { point: 'shipped', hit: 1 } });
      await world.send(world.random.whole(1, 30));
      await dying.gone;
      const other = await world.startServer({ data: 'second' });
      for (let batches = 2 * WINDOW; batches > 0; batches -= 1) {
        await world.send(world.random.whole(1, 3));
        await world.pause(BETWEEN_BODIES_MS);
      }
      await world.stopServer(other);
    }
  },
};
