import type { Scenario } from '../../harness/scenario.ts';

export const columnTypeChanged: Scenario = {
  name: 'column-type-changed',
  what: 'A column of events gets a type that some rows do not fit: all events wait, none is rejected, and all are stored once it is as it was',
  run: async (world) => {
    await world.startServer();
    const { clickhouse, database } = world;
    await clickhouse.command(database, 'ALTER TABLE events MODIFY COLUMN session_id FixedString(40)');
    await world.send(1000, {}, { session_id: 'x'.repeat(41) });
    world.traffic({ connections: 2 });
    await world.pause(2000);
    await clickhouse.command(database, 'ALTER TABLE events MODIFY COLUMN session_id String');
    await world.pause(1000);
  },
};
