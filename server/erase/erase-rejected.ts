import { tableOf, type AdminNode } from '../clickhouse/admin-node.ts';
import { endOfInserts } from '../clickhouse/running-inserts.ts';
import { ADDRESS, isNumber, isOfUser, NUMBERED_USER, type ErasedUser } from './erased-user.ts';

/** Bounds one statement's parameters. */
const CHUNK = 1000;

interface Rejection {
  readonly event_id: string;
  readonly application: string;
  readonly payload: string;
  readonly errors: string;
}

/**
 * Removes the rejected texts that name the user, on one node.
 * @returns how many there were
 * @throws what ClickHouse throws
 */
export async function eraseRejected(node: AdminNode, whose: ErasedUser): Promise<number> {
  const { client } = node;
  await endOfInserts(client);
  const ids = await findRejected(node, whose);
  for (let at = 0; at < ids.length; at += CHUNK) {
    await client.command({
      query: `ALTER TABLE ${tableOf(node, 'rejected_events')} DELETE WHERE event_id IN {ids:Array(String)}`,
      query_params: { ids: ids.slice(at, at + CHUNK) },
      clickhouse_settings: { mutations_sync: '2' },
    });
  }
  return ids.length;
}

/** ClickHouse looks for the name as it is mostly written; texts with escapes are looked at here. */
async function findRejected(node: AdminNode, whose: ErasedUser): Promise<string[]> {
  const ids = new Set<string>();
  const result = await node.client.query({
    query: `
      SELECT event_id, application, payload, errors
      FROM ${tableOf(node, 'rejected_events')}
      WHERE position(payload, {quoted:String}) > 0 OR position(payload, '\\\\') > 0 OR position(errors, '\\\\') > 0
          OR ({isNumber:Bool} AND match(payload, {numbered:String})) OR startsWith(payload, {address:String})
      SETTINGS log_queries = 0`,
    query_params: {
      quoted: JSON.stringify(whose.user),
      isNumber: isNumber(whose.user),
      numbered: NUMBERED_USER,
      address: ADDRESS,
    },
    format: 'JSONEachRow',
  });
  for await (const rows of result.stream<Rejection>()) {
    for (const row of rows) if (isOfUser(row.text, whose)) ids.add(row.json().event_id);
  }
  return [...ids];
}
