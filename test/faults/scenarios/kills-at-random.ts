import type { Scenario } from '../harness/scenario.ts';

export const killsAtRandom: Scenario = {
  name: 'kills-at-random',
  what: 'Under load the server and ClickHouse are killed with SIGKILL at random moments, independently',
  weight: 5,
  run: async (world) => {
    const { random, clickhouse } = world;
    world.traffic();
    const killServers = async () => {
      let server = await world.startServer();
      for (let kills = random.whole(4, 7); kills > 0; kills -= 1) {
        await world.pause(50, 600);
        await world.killServer(server);
        server = await world.startServer();
      }
    };
    const killClickHouse = async () => {
      for (let kills = random.whole(3, 5); kills > 0; kills -= 1) {
        await world.pause(100, 600);
        await clickhouse.kill();
        await world.pause(0, 300);
        await clickhouse.heal();
      }
    };
    await Promise.all([killServers(), killClickHouse()]);
    await world.acknowledged(20);
  },
};
