import { PASS } from '../../support/server/proxy.ts';
import type { Scenario } from '../harness/scenario.ts';

export const sigtermUnderLoad: Scenario = {
  name: 'sigterm-under-load',
  what: 'Under load servers are stopped with SIGTERM, also while ClickHouse is unavailable: they end in order and leave the rest on disk',
  run: async (world) => {
    let server = await world.startServer();
    // To the last moment, as no load balancer would.
    world.traffic({ url: () => server.url });
    for (let stops = 2; stops > 0; stops -= 1) {
      await world.acknowledged(20);
      const isUnavailable = world.random.isTrue(0.5);
      if (isUnavailable) world.onInsert(() => ({ do: 'cut before' }));
      await world.pause(0, 300);
      await world.stopServer(server);
      world.onInsert(() => PASS);
      server = await world.startServer();
    }
    await world.acknowledged(10);
  },
};
