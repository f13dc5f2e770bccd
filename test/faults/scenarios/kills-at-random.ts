import type { Scenario } from '../harness/scenario.ts';

export const killsAtRandom: Scenario = {
  name: 'kills-at-random',
  what: 'Under load the server and ClickHouse are killed with SIGKILL at random moments, independently',
  weight: 5,
  run: async (world) => {
    const { random, clickhouse } = world;
    let server = await world.startServer();
    // Who kills a migrator waits for its lock: `migrations-meanwhile`.
    await world.ready(server);
    world.traffic();
    const killServers = async () => {
      for (let kills = random.whole(6, 10); kills > 0; kills -= 1) {
        await world.pause(50, 600);
        await world.killServer(server);
        server = await world.startServer();
      }
    };
    const killClickHouse = async () => {
      for (let kills = random.whole(6, 9); kills > 0; kills -= 1) {
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
