import { eventually } from '../../../support/http/outcome.ts';
import type { Scenario } from '../../harness/scenario.ts';

export const diskFails: Scenario = {
  name: 'disk-fails',
  what: 'Writing and syncing the journal fail for a while (ENOSPC after half of a write, EIO, fsync that fails), and the server is killed with power loss',
  run: async (world) => {
    const { random } = world;
    let server = await world.startServer();
    world.traffic();
    for (const disk of random.shuffled(['full', 'unwritable', 'unsynced'] as const)) {
      await world.acknowledged(10);
      const refused = world.ledger.count(503);
      server.tell({ disk });
      await eventually(() => {
        if (world.ledger.count(503) === refused) throw new Error(`a disk that is ${disk} made no difference`);
      }, 60_000);
      await world.pause(0, 400);
      if (random.isTrue(0.5)) {
        await world.killServer(server);
        server = await world.startServer();
      }
      server.tell({ disk: 'works' });
    }
    await world.acknowledged(20);
  },
};
