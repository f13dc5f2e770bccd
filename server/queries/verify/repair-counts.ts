import type { AdminNode } from '../../clickhouse/admin-node.ts';
import { rowsOf } from '../../clickhouse/client.ts';
import { EACH_INSERT } from '../../clickhouse/insert-settings.ts';
import { HOUR_S, MIB } from '../../common/units.ts';
import { localName } from '../../clickhouse/topology.ts';
import { hasLess, hasMore, type Difference } from './verify-counts.ts';
import { hoursFromRaw, minutesFromRaw, NO_FIRST, NO_LAST, NO_IDS, NOBODY } from './views.ts';

/** What to repair, and how far. */
export interface Repair {
  /** In the order of their hours. */
  readonly differing: readonly Difference[];
  /** Whether raw is right also about hours of which it has no event at all. */
  readonly trustsRaw: boolean;
  /** From which hour on raw is whole: asked before each piece, because it moves on with the time. */
  readonly rawSinceS: () => Promise<number>;
}

/** So many differences are repaired at once: bounds the text of a statement, and how long ago raw was whole. */
const CHUNK = 1000;

/** Whether a repair changes anything there. Counts of hours whose raw events are gone are left, unless raw is trusted. */
export function isRepaired(difference: Difference, { trustsRaw }: Pick<Repair, 'trustsRaw'>): boolean {
  return hasLess(difference) || trustsRaw || !difference.isRawGone;
}

/**
 * Makes the counts of some hours hold what the node's raw events say, while everything runs. What is missing is added, as
 * the views would: sets take again what they have, so it does not matter what arrives meanwhile, or how often this runs.
 *
 * Sets cannot give anything up. Where they have too much, they are emptied first, and until they are filled again readers
 * see too little; `rows` grows, so that nobody takes such an hour for the one that was counted before.
 */
export async function repairCounts(node: AdminNode, { differing, trustsRaw, rawSinceS }: Repair): Promise<void> {
  for (let at = 0; at < differing.length; at += CHUNK) {
    const sinceS = await rawSinceS();
    const whole = differing.slice(at, at + CHUNK).filter(({ hourS }) => hourS >= sinceS);
    const withMore = whole.filter(hasMore);
    const known = trustsRaw ? undefined : await hoursWithRaw(node, hoursOf(withMore));
    const tooMuch = withMore.filter(({ hourS }) => known?.has(hourS) !== false);
    if (tooMuch.length > 0) await emptySets(node, tooMuch);
    if (whole.length > 0) await addMissing(node, hoursOf(whole));
  }
}

/** Starts of the hours in which something differs, in seconds since the epoch. */
export function hoursOf(differing: readonly Difference[]): readonly number[] {
  return [...new Set(differing.map(({ hourS }) => hourS))];
}

/** Of these hours, those of which this node has any raw event: of the others its counts are all that is left. */
async function hoursWithRaw({ client, layout }: AdminNode, hoursS: readonly number[]): Promise<ReadonlySet<number>> {
  if (hoursS.length === 0) return new Set();
  const query = `SELECT DISTINCT toUnixTimestamp(toStartOfHour(timestamp, 'UTC')) AS hourS
    FROM ${localName('events', layout)} WHERE ${isIn(hoursS)}`;
  return new Set((await rowsOf<{ hourS: number }>(client, query)).map(({ hourS }) => hourS));
}

/** SQL over raw events. */
function isIn(hoursS: readonly number[]): string {
  const [from, to] = [Math.min(...hoursS), Math.max(...hoursS) + HOUR_S];
  return `timestamp >= toDateTime64(${from}, 6, 'UTC') AND timestamp < toDateTime64(${to}, 6, 'UTC')
    AND toUnixTimestamp(toStartOfHour(timestamp, 'UTC')) IN (${hoursS.map(Number).join(', ')})`;
}

async function emptySets({ client, layout }: AdminNode, keys: readonly Difference[]): Promise<void> {
  const values = keys.map(
    ({ hourS, ...key }) => `(${hourS}, ${[key.application, key.category, key.name].map(quoted).join(', ')})`,
  );
  const change = async (table: string, changes: string, time: string) =>
    client.command({
      query: `
        ALTER TABLE ${localName(table, layout)}
        UPDATE rows = rows + 1, ${changes}
        WHERE (toUnixTimestamp(toStartOfHour(${time}, 'UTC')), application, category, name) IN (${values.join(', ')})`,
      clickhouse_settings: { mutations_sync: '2', max_query_size: String(64 * MIB) },
    });
  await change('minutes', `ids = ${NO_IDS}`, 'minute');
  await change(
    'hours',
    `first = ${NO_FIRST}, last = ${NO_LAST}, users = ${NOBODY}, sessions = ${NOBODY}, counted = 0`,
    'hour',
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}

async function addMissing(node: AdminNode, hoursS: readonly number[]): Promise<void> {
  // Without copies, as it was compared.
  const events = `${localName('events', node.layout)} FINAL`;
  const condition = isIn(hoursS);
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
