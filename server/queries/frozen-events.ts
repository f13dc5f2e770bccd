import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import { AppError } from '../errors.ts';

const FREEZE_CONSTRAINT = 'hourly_repair';
const FREEZE_S = 60;
/** The end of a freeze is its worst moment to begin something. */
const MARGIN_S = 5;
const POLL_MS = 50;

/** A table of raw events on one node, asked as the admin. */
export interface RawEvents {
  readonly client: ClickHouseClient;
  readonly table: string;
}

/** A stretch of time in which nobody inserts into `events`, and so neither into `hourly`. */
export interface Freeze {
  /** @throws AppError `unavailable` when too little of the freeze is left for another step */
  assertFrozen(): Promise<void>;
}

/**
 * Runs `use` while INSERTs into the table are refused and none is under way. Shippers try again until it is over, so
 * nothing is lost and nobody who posts notices.
 *
 * The refusal is a CHECK constraint that expires by itself, by ClickHouse's clock: a repair that is killed cannot leave
 * the table closed. Only one constraint of a name can exist, so it is also the lock between two repairs.
 * @throws AppError `unavailable` when another repair is at work, or an INSERT does not end in time
 */
export async function withFrozenEvents<T>(
  { client, table }: RawEvents,
  use: (freeze: Freeze) => Promise<T>,
): Promise<T> {
  await dropExpired({ client, table });
  const endS = (await serverTimeS(client)) + FREEZE_S;
  // Not IF NOT EXISTS: of two repairs, the second must fail here.
  await client.command({
    query: `ALTER TABLE ${table} ADD CONSTRAINT ${FREEZE_CONSTRAINT} CHECK now() >= toDateTime(${Math.ceil(endS)})`,
  });
  try {
    const freeze: Freeze = {
      async assertFrozen() {
        if ((await serverTimeS(client)) < endS - MARGIN_S) return;
        throw new AppError('unavailable', `The repair did not get ready within ${FREEZE_S - MARGIN_S} s.`);
      },
    };
    await endOfInserts(client, freeze);
    return await use(freeze);
  } finally {
    await client.command({ query: `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${FREEZE_CONSTRAINT}` });
  }
}

async function dropExpired({ client, table }: RawEvents): Promise<void> {
  const [end = 0, now = 0] = await numbers(
    client,
    `SELECT
        toUInt32OrZero(extract(create_table_query, 'CONSTRAINT ${FREEZE_CONSTRAINT} CHECK now\\\\(\\\\) >= toDateTime\\\\((\\\\d+)')),
        toUnixTimestamp(now())
     FROM system.tables
     WHERE database = currentDatabase() AND name = '${table}'`,
  );
  if (end > now)
    throw new AppError('unavailable', `Another repair is at work; it ends within ${end - now} s.`);
  await client.command({ query: `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${FREEZE_CONSTRAINT}` });
}

/** An INSERT that began before the constraint does not know it. What another node sends here names no current database. */
async function endOfInserts(client: ClickHouseClient, freeze: Freeze): Promise<void> {
  const frozenAtS = await serverTimeS(client);
  for (;;) {
    const [running = 0] = await numbers(
      client,
      `SELECT count()
       FROM system.processes
       WHERE query_kind = 'Insert' AND (current_database = currentDatabase() OR NOT is_initial_query)
           AND toUnixTimestamp64Milli(now64(3)) / 1000 - elapsed < ${frozenAtS}`,
    );
    if (running === 0) return;
    await freeze.assertFrozen();
    await sleep(POLL_MS);
  }
}

async function serverTimeS(client: ClickHouseClient): Promise<number> {
  const [time = 0] = await numbers(client, 'SELECT toUnixTimestamp64Milli(now64(3)) / 1000');
  return time;
}

async function numbers(client: ClickHouseClient, query: string): Promise<number[]> {
  const result = await client.query({ query, format: 'TabSeparated' });
  return (await result.text()).trim().split('\t').map(Number);
}
