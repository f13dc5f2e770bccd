import { tableOf, type AdminNode, type AdminNodes } from '../clickhouse/admin-node.ts';
import { rowsOf } from '../clickhouse/client.ts';
import { hasWritten } from '../clickhouse/failed-writes.ts';
import { endOfInserts } from '../clickhouse/running-inserts.ts';
import { MaintenanceLock } from '../migrate/lock.ts';
import { AppError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { addKeys, countedHours, UNLOGGED } from './affected-keys.ts';
import { ofApplication, type ErasedUser } from './erased-user.ts';
import { createErasure, dropErasure, FOUND, KEYS } from './erasure-tables.ts';
import { rebuildSets } from './rebuild-sets.ts';

/** A user whose events still come after so many rounds is sending. */
const MAX_ROUNDS = 5;

export interface ErasedEvents {
  /** How many there were. */
  readonly events: number;
  /** In how many hours the user is still counted: raw events of them are gone, so that nothing can be made anew of them. */
  readonly countedHours: number;
}

/**
 * Removes the user's events from the raw table and from all sets, round by round until there are none, while events of
 * others arrive. Stopped halfway, it is completed by the next one. One at a time, and not beside a migration.
 * @param nodes all of them
 * @param rawSinceS from which hour on their raw events are whole
 * @throws AppError `unavailable` when events of the user keep arriving, the lock is another's, or the embedded engine could not
 * write; and what ClickHouse or the network answers
 */
export async function eraseEvents(
  nodes: AdminNodes,
  whose: ErasedUser,
  rawSinceS: () => Promise<number>,
  log: Logger,
): Promise<ErasedEvents> {
  return await MaintenanceLock.hold(nodes[0], log, async (lock) => {
    for (const { client } of nodes) await createErasure(client);
    let erased = 0;
    for (let round = 1; ; round += 1) {
      await lock.assertHeld();
      const found = await countEvents(nodes[0], whose);
      let affected = 0;
      const sinceS = await rawSinceS();
      for (const node of nodes) affected += await addKeys(node, whose, sinceS);
      if (affected === 0) break;
      if (round > MAX_ROUNDS) throw stillSending(found);
      await eraseKeys(nodes, whose, rawSinceS, lock);
      erased += found;
    }
    await lock.assertHeld();
    for (const { client } of nodes) await dropErasure(client);
    return { events: erased, countedHours: await countedHours(nodes[0], whose) };
  });
}

/**
 * Deletes on all nodes before sets are made anew on any: which hours have no event left is a question to all of them. The
 * keys stay until all of it is on the disk: what was not written is made anew by the next one.
 */
async function eraseKeys(
  nodes: readonly AdminNode[],
  whose: ErasedUser,
  rawSinceS: () => Promise<number>,
  lock: Pick<MaintenanceLock, 'assertHeld'>,
): Promise<void> {
  const startedMs = performance.now();
  for (const node of nodes) {
    await lock.assertHeld();
    await deleteRows(node, whose);
  }
  for (const node of nodes) {
    // One that has reached the raw events and not yet the sets would add to them later what is not there any more.
    await endOfInserts(node.client);
    await rebuildSets(node, await rawSinceS(), lock);
  }
  for (const { client, endpoint } of nodes)
    if (endpoint.isEmbedded && !(await hasWritten(client, startedMs))) throw notWritten();
  await lock.assertHeld();
  for (const { client } of nodes) await client.command({ query: `TRUNCATE TABLE ${KEYS}` });
}

/** Over all nodes, copies left out. */
async function countEvents({ client }: AdminNode, whose: ErasedUser): Promise<number> {
  const [row] = await rowsOf<{ events: string }>(
    client,
    `SELECT toString(uniqExact(application, event_id, category, name, timestamp)) AS events
     FROM events
     WHERE user = {user:String} ${ofApplication(whose)}
     ${UNLOGGED}`,
    { ...whose },
  );
  return Number(row?.events);
}

/**
 * Only events of known keys: one that has arrived since, of another key, is for the next round. A mutation is kept as
 * text, so it names the user by a hash.
 */
async function deleteRows(node: AdminNode, whose: ErasedUser): Promise<void> {
  const { user, application } = whose;
  const [row] = await rowsOf<{ hash: string }>(
    node.client,
    `SELECT hex(sipHash128({user:String})) AS hash ${UNLOGGED}`,
    { user },
  );
  await node.client.command({
    query: `
      ALTER TABLE ${tableOf(node, 'events')}
      DELETE
      WHERE (category, name, toStartOfMinute(timestamp, 'UTC'), application) IN
          (SELECT category, name, minute, application FROM ${node.database}.${FOUND})
          AND hex(sipHash128(user)) = {hash:String}
          ${ofApplication(whose)}`,
    query_params: { hash: row?.hash, application },
    clickhouse_settings: { mutations_sync: '2' },
  });
}

function notWritten(): AppError {
  return new AppError('unavailable', 'The embedded ClickHouse could not write to its disk. Run this again.');
}

function stillSending(events: number): AppError {
  return new AppError(
    'unavailable',
    `${events} events of the user came while it was erased. Stop what sends them, and run this again.`,
  );
}
