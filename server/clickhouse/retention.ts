import type { Logger } from '../common/log.ts';
import { DAY_S, HOUR_S } from '../common/units.ts';
import { withAdmins, type AdminNode } from './admin-node.ts';
import { rowsOf } from './client.ts';
import { requireRoom } from './disk-room.ts';
import type { ClickHouseEndpoint } from './endpoint.ts';
import { localName, readEveryNode, readTopology, type Topology } from './topology.ts';

export interface Retention {
  readonly endpoint: ClickHouseEndpoint;
  readonly database: string;
  /** How long raw events are kept after they happened; undefined: for ever. */
  readonly retentionDays: number | undefined;
  readonly log: Logger;
}

/** For the answer to a statement; what follows from it is done in the background. */
const TIMEOUT_MS = 60_000;

/**
 * Makes each living node remove raw events older than `retentionDays`, or none where that is undefined; a node that does so
 * already is left alone. Counts stay. ClickHouse removes what is too old in the background: at once from new parts, within the
 * hour from others. Several servers may do this at once; where they are configured differently, the last one to start wins.
 *
 * To be called after the migrations. A node that is unavailable is set by the next start of any server.
 * @throws AppError `overloaded` on a full disk; what ClickHouse or the network answers
 */
export async function applyRetention({ endpoint, database, retentionDays, log }: Retention): Promise<void> {
  const change = retentionDays === undefined ? 'REMOVE TTL' : `MODIFY TTL ${ttl(retentionDays)}`;
  await withAdmins(await readTopology(endpoint), { database, requestTimeoutMs: TIMEOUT_MS }, async (nodes) => {
    for (const node of nodes) {
      const found = await readRetention(node);
      if (found.days === retentionDays && found.isSet === (retentionDays !== undefined)) continue;
      await requireRoom(node);
      // First, because what is gone by then does not come back with another TTL.
      if (found.isSet) await noteWholeSince(node, sinceS(found));
      await node.client.command({
        query: `ALTER TABLE ${localName('events', node.layout)} ${change}`,
        clickhouse_settings: { mutations_sync: '0', alter_sync: '1' },
      });
      log.info({ node: node.name, retentionDays }, 'raw events are kept for another time than before');
    }
  });
}

/**
 * Since when all raw events are there that were counted, on the nodes that answer: seconds since the epoch, by ClickHouse's
 * clock; 0 when all are. It moves on with the time, and when any server sets another TTL.
 * @throws what ClickHouse or the network answers
 */
export async function wholeSinceS(endpoint: ClickHouseEndpoint, database: string): Promise<number> {
  return await latestSinceS(await readTopology(endpoint), database);
}

/**
 * From which hour on every raw event that was counted is there, on whichever node: seconds since the epoch, on the hour, by
 * ClickHouse's clock; 0 when all are. With an hour to spare, so that it still holds for as long after the answer.
 *
 * A node that was unavailable when another TTL was set still has its own, so each of them is asked.
 * @throws AppError `unavailable` when one of them does not answer, and what `readEveryNode` throws
 */
export async function rawSinceS(endpoint: ClickHouseEndpoint, database: string): Promise<number> {
  const topology = await readEveryNode(endpoint, 'It is not known since when raw events are whole');
  const latestS = await latestSinceS(topology, database);
  return latestS === 0 ? 0 : (Math.ceil(latestS / HOUR_S) + 1) * HOUR_S;
}

async function latestSinceS(topology: Topology, database: string): Promise<number> {
  const found = await withAdmins(topology, { database, requestTimeoutMs: TIMEOUT_MS }, async (nodes) =>
    Promise.all(nodes.map(readRetention)),
  );
  return Math.max(0, ...found.map(sinceS));
}

/** Notes since when all raw events of a node are there that were counted: earlier ones a TTL removed, or a copy had not. */
export async function noteWholeSince({ client, layout }: AdminNode, sinceS: number): Promise<void> {
  const table = localName('events', layout);
  await client.command({ query: `ALTER TABLE ${table} MODIFY COMMENT 'whole since ${sinceS}'` });
}

/** What a node does now. */
interface FoundRetention {
  /** Whether there is a TTL, also one that is not of this making. */
  readonly isSet: boolean;
  readonly days: number | undefined;
  /** The shortest time that the TTL names; 0 where it names none. */
  readonly keptS: number;
  /** What was noted of TTLs before. */
  readonly notedS: number;
  readonly nowS: number;
}

/** As ClickHouse writes it back. A DateTime ends in 2106 and begins again: without a limit, what is later would be removed. */
function ttl(days: number): string {
  return `toDateTime(least(timestamp + toIntervalDay(${days}), toDateTime64('2106-01-01 00:00:00', 6, 'UTC')), 'UTC')`;
}

function sinceS({ isSet, keptS, notedS, nowS }: FoundRetention): number {
  return Math.max(notedS, isSet ? nowS - keptS : 0);
}

/** In seconds, and no longer than any of its kind is. */
const SHORTEST = {
  Second: 1,
  Minute: 60,
  Hour: HOUR_S,
  Day: DAY_S,
  Week: 7 * DAY_S,
  Month: 28 * DAY_S,
  Quarter: 89 * DAY_S,
  Year: 365 * DAY_S,
};

function shortestOf(ttl: string): number {
  const named = Object.entries(SHORTEST).flatMap(([unit, seconds]) =>
    [...ttl.matchAll(new RegExp(`toInterval${unit}\\((\\d+)\\)`, 'g'))].map(([, count]) => Number(count) * seconds),
  );
  return named.length === 0 ? 0 : Math.min(...named);
}

async function readRetention({ client }: AdminNode): Promise<FoundRetention> {
  const [row] = await rowsOf<{ engineFull: string; comment: string; nowS: number }>(
    client,
    `SELECT engine_full AS engineFull, comment, toUnixTimestamp(now()) AS nowS
     FROM system.tables
     WHERE database = currentDatabase() AND name IN ('events', 'events_local')
     ORDER BY name DESC
     LIMIT 1`,
  );
  const found = /\bTTL (.*)/s.exec(row?.engineFull ?? '')?.[1];
  const days = /toIntervalDay\((\d+)\)/.exec(found ?? '')?.[1];
  return {
    isSet: found !== undefined,
    days: days === undefined ? undefined : Number(days),
    keptS: shortestOf(found ?? ''),
    notedS: Number(/^whole since (\d+)$/.exec(row?.comment ?? '')?.[1] ?? 0),
    nowS: Number(row?.nowS),
  };
}
