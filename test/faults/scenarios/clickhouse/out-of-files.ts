import { eventually } from '../../../support/http/outcome.ts';
import { openSockets } from '../../harness/raw-http.ts';
import type { Scenario } from '../../harness/scenario.ts';

/** Node's loader alone needs more than 100 for a moment. */
const MAX_FILES = 250;

export const outOfFiles: Scenario = {
  name: 'out-of-file-descriptors',
  what: `The server may open ${MAX_FILES} files and idle connections take them all; it goes on once they are closed`,
  run: async (world) => {
    const server = await world.startServer({ maxFiles: MAX_FILES });
    world.traffic({ connections: 4 });
    await world.acknowledged(20);
    for (let times = 2; times > 0; times -= 1) {
      const close = await openSockets(server.url ?? '', 2 * MAX_FILES);
      const before = world.ledger.count(503) + world.ledger.count('cut');
      await eventually(() => {
        if (world.ledger.count(503) + world.ledger.count('cut') === before)
          throw new Error(`${2 * MAX_FILES} connections made no difference`);
      }, 60_000).finally(close);
      await world.acknowledged(20);
    }
  },
};
