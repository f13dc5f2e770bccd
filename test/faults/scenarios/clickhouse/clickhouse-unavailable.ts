import type { Scenario } from '../../harness/scenario.ts';

export const clickhouseStopped: Scenario = {
  name: 'clickhouse-stopped',
  what: 'ClickHouse is shut down for seconds and comes back; no request may be refused meanwhile',
  run: async (world) => {
    await world.startServer();
    world.traffic();
    await world.acknowledged(20);
    await world.clickhouse.stop();
    await world.pause(500, 2500);
    await world.clickhouse.heal();
    await world.acknowledged(20);
    world.expectNoRefusal();
  },
};

export const clickhouseFrozen: Scenario = {
  name: 'clickhouse-frozen',
  what: 'ClickHouse takes connections and answers nothing for seconds (SIGSTOP); no request may be refused meanwhile',
  run: async (world) => {
    await world.startServer();
    world.traffic();
    await world.acknowledged(20);
    for (let times = world.random.whole(1, 3); times > 0; times -= 1) {
      world.clickhouse.freeze();
      await world.pause(300, 2000);
      world.clickhouse.thaw();
      await world.pause(200, 500);
    }
    await world.acknowledged(20);
    world.expectNoRefusal();
  },
};
