import type { FaultServer } from '../harness/fault-server.ts';
import type { Scenario } from '../harness/scenario.ts';

export const serversShareAJournal: Scenario = {
  name: 'servers-share-a-journal',
  what: 'Two servers run on one journal directory; one is killed, frozen or stopped while the other starts and takes over',
  run: async (world) => {
    const { random } = world;
    const servers: [FaultServer, FaultServer] = [await world.startServer(), await world.startServer()];
    world.traffic();
    for (let rounds = random.whole(3, 5); rounds > 0; rounds -= 1) {
      await world.acknowledged(10);
      const index = random.pick([0, 1] as const);
      const end = random.pick(['kill', 'freeze', 'stop'] as const);
      const old = servers[index];
      if (end === 'kill') await world.killServer(old, { losesPower: false });
      if (end === 'stop') await world.stopServer(old);
      // Whoever is frozen still owns its journal, and goes on with it.
      if (end === 'freeze') old.freeze();
      servers[index] = await world.startServer();
      old.thaw();
      if (end === 'freeze') await world.stopServer(old);
    }
    await world.acknowledged(10);
  },
};
