import { PASS } from '../../../support/server/proxy.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { World } from '../../harness/world.ts';

export const clickhouseKilledInsideInsert: Scenario = {
  name: 'clickhouse-killed-inside-insert',
  what: 'ClickHouse is killed with SIGKILL within the first milliseconds of an INSERT, or while it still arrives',
  weight: 5,
  run: async (world) => {
    await world.startServer();
    world.traffic();
    for (let kills = world.random.whole(4, 6); kills > 0; kills -= 1) {
      await killInsideNextInsert(world);
      await world.clickhouse.heal();
      await world.acknowledged(5);
    }
    world.expectNoRefusal();
  },
};

async function killInsideNextInsert(world: World): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    world.onInsert(() => {
      world.onInsert(() => PASS);
      const kill = async () => world.clickhouse.kill();
      setTimeout(() => void kill().then(resolve, reject), world.random.whole(0, 60));
      return world.random.isTrue(0.3) ? { do: 'drip', ms: 100 } : PASS;
    });
  });
}
