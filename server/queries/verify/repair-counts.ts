import type { AdminNode } from '../../clickhouse/admin-node.ts';
import { EACH_INSERT } from '../../clickhouse/insert-settings.ts';
import { HOUR_S } from '../../common/units.ts';
import { localName } from '../../clickhouse/topology.ts';
import { hoursFromRaw, minutesFromRaw, NO_FIRST, NO_LAST, NO_IDS, NOBODY } from './views.ts';

/** Hours to be repaired; starts, in seconds since the epoch. */
export interface HoursToRepair {
  readonly hoursS: readonly number[];
  /** Those of which the counts have something that the raw events have not. */
  readonly withMoreS: readonly number[];
}

/** Bounds one statement's parameters. */
const CHUNK_HOURS = 2000;

/**
 * Makes the counts of some hours hold what the node's raw events say, while everything runs. What is missing is added, as
 * the views would: sets take again what they have, so it does not matter what arrives meanwhile, or how often this runs.
 *
 * Sets cannot give anything up. Where they have too much, they are emptied first, and until they are filled again readers
 * see too little; `rows` grows, so that nobody takes such an hour for the one that was counted before.
 */
export async function repairCounts(node: AdminNode, { hoursS, withMoreS }: HoursToRepair): Promise<void> {
  for (const hours of chunksOf(withMoreS)) await emptySets(node, hours);
  for (const hours of chunksOf(hoursS)) await addMissing(node, hours);
}

async function emptySets({ client, layout }: AdminNode, hoursS: readonly number[]): Promise<void> {
  const change = async (table: string, changes: string, time: string) =>
    client.command({
      query: `
        ALTER TABLE ${localName(table, layout)}
        UPDATE rows = rows + 1, ${changes}
        WHERE toUnixTimestamp(toStartOfHour(${time}, 'UTC')) IN (${hoursS.map(Number).join(', ')})`,
      clickhouse_settings: { mutations_sync: '2' },
    });
  await change('minutes', `ids = ${NO_IDS}`, 'minute');
  await change(
    'hours',
    `first = ${NO_FIRST}, last = ${NO_LAST}, users = ${NOBODY}, sessions = ${NOBODY}, counted = 0`,
    'hour',
  );
}

async function addMissing(node: AdminNode, hoursS: readonly number[]): Promise<void> {
  // Without copies, as it was compared.
  const events = `${localName('events', node.layout)} FINAL`;
  const [from, to] = [Math.min(...hoursS), Math.max(...hoursS) + HOUR_S];
  const condition = `timestamp >= toDateTime64(${from}, 6, 'UTC') AND timestamp < toDateTime64(${to}, 6, 'UTC')
    AND toUnixTimestamp(toStartOfHour(timestamp, 'UTC')) IN (${hoursS.map(Number).join(', ')})`;
  const minutes = minutesFromRaw(events, condition);
  const hours = hoursFromRaw(events, condition);
  await insert(node, 'minutes', 'minute, application, category, name, rows, ids', minutes);
  await insert(node, 'hours', 'hour, application, category, name, rows, first, last, users, sessions', hours);
}

async function insert({ client, layout }: AdminNode, table: string, columns: string, select: string): Promise<void> {
  await client.command({
    query: `INSERT INTO ${localName(table, layout)} (${columns}) ${select}`,
    clickhouse_settings: {
      ...EACH_INSERT,
      max_bytes_before_external_group_by: '500000000',
    },
  });
}

function chunksOf(hoursS: readonly number[]): (readonly number[])[] {
  const count = Math.ceil(hoursS.length / CHUNK_HOURS);
  return Array.from({ length: count }, (_, index) => hoursS.slice(index * CHUNK_HOURS, (index + 1) * CHUNK_HOURS));
}
