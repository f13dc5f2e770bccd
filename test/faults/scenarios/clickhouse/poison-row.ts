import type { Scenario } from '../../harness/scenario.ts';
import type { World } from '../../harness/world.ts';

const GOOD = 10_000;

/** Each makes the table refuse an event that the service has no objection to, by something only the table knows of. */
export const poisonRows: readonly Scenario[] = [
  {
    name: 'poison-row-against-constraint',
    what: `One event of ${GOOD} violates a constraint of the table: it is among the rejected, the others are stored`,
    weight: 0.5,
    run: async (world) => {
      await world.startServer();
      const constraint = "ALTER TABLE events ADD CONSTRAINT harmless CHECK name != 'poison'";
      await world.clickhouse.command(world.database, constraint);
      await sendPoison(world, { name: 'poison' });
    },
  },
];

/** In one body, so in one INSERT; good traffic goes on beside it. */
async function sendPoison(world: World, members: Readonly<Record<string, unknown>>): Promise<void> {
  const poison = new Set<string>();
  world.except({ isPoison: (id) => poison.has(id) });
  const id = (await world.send(GOOD - 1, {}, members)).at(-1);
  if (id !== undefined) poison.add(id);
  world.traffic({ connections: 2 });
  await world.pause(2000);
}
