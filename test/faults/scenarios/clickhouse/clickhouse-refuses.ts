import { request } from 'node:http';
import { eventually } from '../../../support/http/outcome.ts';
import type { Fault } from '../../../support/server/proxy.ts';
import { USERS } from '../../harness/fault-users.ts';
import type { FaultServer } from '../../harness/fault-server.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { World } from '../../harness/world.ts';

/** A state of ClickHouse in which it refuses what it is sent. */
interface Refusal {
  readonly name: string;
  readonly code: number;
  readonly begin: (world: World) => Promise<void> | void;
  /** Omitted: the proxy's faults end by themselves when the scenario does. */
  readonly end?: (world: World) => Promise<void>;
}

const REFUSAL_MS = 60_000;

const sql =
  (...statements: readonly string[]) =>
  async (world: World) =>
    world.clickhouse.command(world.database, ...statements);

const as = (user: keyof typeof USERS) => (world: World) => world.onInsert(() => ({ do: 'as', ...USERS[user] }));

const REFUSALS: readonly Refusal[] = [
  {
    name: 'too-many-parts',
    code: 252,
    begin: sql(
      'SYSTEM STOP MERGES events',
      'ALTER TABLE events MODIFY SETTING parts_to_delay_insert = 1, parts_to_throw_insert = 1',
    ),
    end: sql(
      'ALTER TABLE events RESET SETTING parts_to_delay_insert, parts_to_throw_insert',
      'SYSTEM START MERGES events',
    ),
  },
  { name: 'out-of-memory', code: 241, begin: as('frugal') },
  { name: 'read-only-user', code: 164, begin: as('reader') },
  {
    name: 'read-only-table',
    code: 242,
    // Needs a replicated table that has lost its Keeper, which this ClickHouse does not have: the proxy says it.
    begin: (world) =>
      world.onInsert((): Fault => {
        const message = 'Table is in readonly mode (replica path: /x/replicas/1)';
        return { do: 'answer', code: 242, type: 'TABLE_IS_READ_ONLY', message };
      }),
  },
  {
    name: 'unknown-table',
    code: 60,
    begin: sql('RENAME TABLE events TO events_hidden'),
    end: sql('RENAME TABLE events_hidden TO events'),
  },
  {
    name: 'unknown-table-of-minutes',
    code: 60,
    begin: sql('RENAME TABLE minutes TO minutes_hidden'),
    end: sql('RENAME TABLE minutes_hidden TO minutes'),
  },
  {
    name: 'unknown-table-of-hours',
    code: 60,
    begin: sql('RENAME TABLE hours TO hours_hidden'),
    end: sql('RENAME TABLE hours_hidden TO hours'),
  },
  {
    name: 'unknown-column',
    code: 117,
    begin: sql('ALTER TABLE events RENAME COLUMN data TO data_hidden'),
    end: sql('ALTER TABLE events RENAME COLUMN data_hidden TO data'),
  },
  { name: 'too-many-queries', code: 202, begin: crowd },
  { name: 'quota', code: 201, begin: as('rationed') },
  { name: 'no-grant', code: 497, begin: as('stranger') },
  { name: 'bad-credentials', code: 516, begin: as('impostor') },
];

/** One for each class of errors: while it lasts every event is acknowledged and waits; after it all are stored. */
export const clickhouseRefuses: readonly Scenario[] = REFUSALS.map(({ name, code, begin, end }) => ({
  name: `clickhouse-refuses-${name}`,
  what: `ClickHouse refuses every INSERT with code ${code} for a while; no request may be refused meanwhile`,
  weight: 0.5,
  run: async (world) => {
    const server = await world.startServer();
    world.traffic({ connections: 4 });
    await world.acknowledged(20);
    const before = world.refusals(code);
    await begin(world);
    try {
      // What the proxy says itself is not an answer of ClickHouse.
      if (code === 242) await world.pause(1500);
      else await eventually(async () => expectMore(world, server, { code, before }), REFUSAL_MS);
      await world.acknowledged(10);
    } finally {
      await end?.(world);
    }
    await world.acknowledged(10);
    world.expectNoRefusal();
  },
}));

/** The server may find out by itself what is missing, and sends nothing that would be refused. */
async function expectMore(world: World, server: FaultServer, { code, before }: Refusals): Promise<void> {
  if (world.refusals(code) > before || (await world.schemaState(server)) !== 'ready') return;
  throw new Error(`ClickHouse has not refused anything with code ${code}`);
}

interface Refusals {
  readonly code: number;
  readonly before: number;
}

/** Another query of the same user runs for as long as the scenario may last. */
async function crowd(world: World): Promise<void> {
  const url = new URL(world.clickhouse.endpoint.urls[0]);
  url.searchParams.set('user', USERS.crowded.username);
  url.searchParams.set('query', 'SELECT sleepEachRow(0.1) FROM numbers(100) SETTINGS max_block_size = 1');
  const long = request(url);
  long.on('error', () => undefined).end();
  world.closing.add('the long query', () => long.destroy());
  as('crowded')(world);
  await world.pause(100);
}
