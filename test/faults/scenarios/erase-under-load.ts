import { eraseUser } from '../../../server/erase/erase-user.ts';
import { createLogger } from '../../../server/common/log.ts';
import { eventually } from '../../support/http/outcome.ts';
import type { Scenario } from '../harness/scenario.ts';
import type { World } from '../harness/world.ts';

const ERASE_MS = 90_000;
/** How long an erasure waits for what living servers have in their journals. */
const WAIT_MS = 5_000;

export const eraseUnderLoad: Scenario = {
  name: 'erase-under-load',
  what: 'Users are erased while events of others come, and the server or ClickHouse is killed meanwhile; another try completes it: nothing of them is left anywhere, and no other number changes',
  run: async (world) => {
    const { random, clickhouse } = world;
    const erased = new Set<string>();
    world.except({ isErased: (id) => erased.has(id) });
    let server = await world.startServer();
    await world.ready(server);
    // A request that is sent again would bring an erased event back.
    world.traffic({ againShare: 0 });
    for (const killed of random.shuffled(['the server', 'ClickHouse', 'nothing'])) {
      const [user = ''] = await world.send(random.whole(1, 3));
      await world.pause(0, 400);
      erased.add(user);
      const erasing = erase(world, user);
      erasing.catch(() => undefined);
      await world.pause(0, 600);
      if (killed === 'the server') {
        await world.killServer(server);
        server = await world.startServer();
      }
      if (killed === 'ClickHouse') {
        await clickhouse.kill();
        await clickhouse.heal();
      }
      await erasing;
      await world.acknowledged(10);
    }
  },
};

/** As `npm run erase`, until it says that nothing is left. */
async function erase(world: World, user: string): Promise<void> {
  const { clickhouse, database } = world;
  const log = createLogger('silent');
  await eventually(async () => {
    const { journals } = await eraseUser(
      { user, application: undefined },
      { endpoint: clickhouse.endpoint, database, dataDir: world.dataDir(), waitMs: WAIT_MS, nowMs: Date.now, log },
    );
    if (journals.remaining.length > 0) throw new Error(`${journals.remaining.join(', ')} are not shipped`);
  }, ERASE_MS);
}
