import type { AdminNode } from '../clickhouse/admin-node.ts';
import { rowsOf } from '../clickhouse/client.ts';
import { ofApplication, type ErasedUser } from './erased-user.ts';
import { COUNTED, dropStaging, FOUND, KEYS } from './erasure-tables.ts';

/** So that the user's name is in no log of ClickHouse. */
export const UNLOGGED = 'SETTINGS log_queries = 0';

/** SQL of `hours`: a row counts the user. Small blocks, because the sets of one are in memory together. */
const HAS_USER = `finalizeAggregation(users) = arrayReduce('uniqExactMerge', [users, (SELECT uniqExactState({user:String}))])`;
const SMALL_BLOCKS = 'max_block_size = 256';

/**
 * Finds the keys of all nodes: one may count what another holds, as after a restore. And hours of which the set has the user
 * and no row has: it was in a copy of an event that a merge has removed. Those of which the sets can be made anew go into
 * `erasure`: raw has as many events of the hour as are counted. Counted is looked at first, because an INSERT reaches raw first.
 * @param sinceS from which hour on raw is whole, and stays so for a while
 * @returns how many keys are to be done, those that an earlier erasure left included
 */
export async function addKeys(node: AdminNode, whose: ErasedUser, sinceS: number): Promise<number> {
  const { client, database } = node;
  await find(node, whose, sinceS);
  await count(node);
  await client.command({
    query: `
      INSERT INTO ${KEYS}
      SELECT DISTINCT minute, application, category, name
      FROM ${FOUND}
      WHERE (category, name, toStartOfHour(minute, 'UTC'), application) IN
      (
          SELECT category, name, hour, application
          FROM
          (
              SELECT
                  category, name, toStartOfHour(timestamp, 'UTC') AS hour, application,
                  uniqExact(event_id, timestamp) AS events
              FROM ${database}.events
              WHERE (category, name, toStartOfHour(timestamp, 'UTC'), application) GLOBAL IN (${hoursIn(FOUND)})
                  AND timestamp >= toDateTime64({sinceS:UInt32}, 6, 'UTC')
              GROUP BY category, name, hour, application
          )
          WHERE events >= joinGet('${database}.${COUNTED}', 'events', toString((category, name, hour, application)))
          UNION ALL
          -- Whole before an erasure that was killed took its events away.
          ${hoursIn(KEYS)}
      )`,
    query_params: { sinceS },
    clickhouse_settings: { async_insert: 0, max_bytes_before_external_group_by: '500000000' },
  });
  const [row] = await rowsOf<{ keys: string }>(
    client,
    `SELECT toString((SELECT countIf(is_raw) FROM ${FOUND}) + (SELECT count() FROM ${KEYS})) AS keys`,
  );
  return Number(row?.keys);
}

/** In how many hours the user is counted, over all nodes. */
export async function countedHours({ client }: AdminNode, whose: ErasedUser): Promise<number> {
  const [row] = await rowsOf<{ hours: string }>(
    client,
    `SELECT toString(uniqExact(hour)) AS hours
     FROM hours
     WHERE ${HAS_USER} ${ofApplication(whose)}
     ${UNLOGGED}, ${SMALL_BLOCKS}`,
    { ...whose },
  );
  return Number(row?.hours);
}

async function find({ client, database }: AdminNode, whose: ErasedUser, sinceS: number): Promise<void> {
  await dropStaging(client, FOUND);
  await client.command({
    query: `
      CREATE TABLE ${FOUND}
      (
          minute DateTime('UTC'),
          application LowCardinality(String),
          category LowCardinality(String),
          name LowCardinality(String),
          is_raw Bool
      )
      ENGINE = Memory`,
  });
  await client.command({
    query: `
      INSERT INTO ${FOUND}
      SELECT DISTINCT toStartOfMinute(timestamp, 'UTC') AS minute, application, category, name, true
      FROM ${database}.events
      WHERE user = {user:String} ${ofApplication(whose)}
      UNION ALL
      SELECT hour, application, category, name, false
      FROM ${database}.hours
      WHERE hour >= toDateTime({sinceS:UInt32}, 'UTC') ${ofApplication(whose)} AND ${HAS_USER}
      ${UNLOGGED}, ${SMALL_BLOCKS}`,
    query_params: { ...whose, sinceS },
    clickhouse_settings: { async_insert: 0 },
  });
}

/** How many events are counted in each hour that was found, of all its keys. */
async function count({ client, database }: AdminNode): Promise<void> {
  await dropStaging(client, COUNTED);
  await client.command({
    query: `
      CREATE TABLE ${COUNTED} ENGINE = Join(ANY, LEFT, key) AS
      SELECT
          toString((category, name, toStartOfHour(minute, 'UTC'), application)) AS key,
          uniqExactMerge(ids) AS events
      FROM ${database}.minutes
      WHERE (category, name, toStartOfHour(minute, 'UTC'), application) GLOBAL IN (${hoursIn(FOUND)})
      GROUP BY key`,
    clickhouse_settings: { max_bytes_before_external_group_by: '500000000' },
  });
}

function hoursIn(table: string): string {
  return `SELECT category, name, toStartOfHour(minute, 'UTC') AS hour, application FROM ${table}`;
}
