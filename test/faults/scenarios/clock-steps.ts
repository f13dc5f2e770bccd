import { HOUR_MS } from '../../../server/events/hours.ts';
import type { Scenario } from '../harness/scenario.ts';

const SECOND_MS = 1000;
const STEPS_MS = [-SECOND_MS, SECOND_MS, -HOUR_MS, HOUR_MS, -240 * HOUR_MS, 240 * HOUR_MS, 0];

export const clockSteps: Scenario = {
  name: 'clock-steps',
  what: 'The clock of the server is stepped back and forth by seconds, hours and days, and the server is killed in between',
  run: async (world) => {
    const { random } = world;
    let server = await world.startServer();
    // Old enough for any of the clocks.
    world.traffic({ timestampMs: () => Date.now() - random.whole(300, 2000) * HOUR_MS });
    for (const clockOffsetMs of random.shuffled(STEPS_MS)) {
      server.tell({ clockOffsetMs });
      await world.acknowledged(10);
      if (random.isTrue(0.3)) {
        await world.killServer(server);
        server = await world.startServer();
      }
    }
    server.tell({ clockOffsetMs: 0 });
    await world.acknowledged(10);
  },
};
