import type { Scenario } from '../../harness/scenario.ts';

export const powerLosses: Scenario = {
  name: 'power-losses',
  what: 'Under load the server dies again and again, and everything it wrote and did not sync is gone from its disk',
  run: async (world) => {
    world.traffic();
    let server = await world.startServer();
    for (let kills = world.random.whole(3, 5); kills > 0; kills -= 1) {
      await world.acknowledged(world.random.whole(5, 60));
      await world.killServer(server, { losesPower: true });
      server = await world.startServer();
    }
    await world.acknowledged(10);
  },
};
