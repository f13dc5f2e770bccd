import { eventually } from '../../../support/http/outcome.ts';
import {
  COMMIT_CALLS,
  failCommit,
  nextInserts,
  whyNoFailingCommit,
  type CommitCall,
  type CommitFault,
} from '../../harness/disks/failing-commit.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { World } from '../../harness/world.ts';

/** Every table that a segment ends in. */
const TABLES = ['events', 'minutes', 'hours', 'rejected_events'] as const;
type Table = (typeof TABLES)[number];

const FAULTS: readonly CommitFault[] = ['EIO', 'ENOSPC', 'killed'];
const STRIKE_MS = 60_000;

/** The part of an INSERT cannot be written, synced, or put in its place. */
export const commitFaults: readonly Scenario[] = TABLES.map((table) => ({
  name: `commit-fault-${table.replace('_', '-')}`,
  what: `ClickHouse cannot write a part of ${table}, sync it, or rename it into its place: EIO, ENOSPC, or it dies at it; what was written is sent again and counts once`,
  weight: 0.5,
  whyNot: whyNoFailingCommit,
  run: async (world) => {
    await world.ready(await world.startServer());
    world.traffic({ connections: 3 });
    for (const call of world.random.shuffled(COMMIT_CALLS)) {
      await world.acknowledged(10);
      await strike(world, table, call, world.random.pick(FAULTS));
      await world.acknowledged(10);
    }
    world.expectNoRefusal();
  },
}));

async function strike(world: World, table: Table, call: CommitCall, fault: CommitFault): Promise<void> {
  const { clickhouse, database } = world;
  const parts = await nextInserts(clickhouse, { database, table, partitions: partitionsOf(table) });
  const failing = await failCommit(clickhouse, parts, call, fault);
  try {
    let hasStruck = false;
    void failing.struck.then(() => (hasStruck = true));
    await eventually(() => {
      if (!hasStruck) throw new Error(`no ${call} of a part of ${table} was made to fail with ${fault}`);
    }, STRIKE_MS);
  } finally {
    await failing.detach();
  }
  // It goes on after a write that failed, and whoever runs it starts it again.
  if (fault !== 'killed' && call !== 'write') return;
  await clickhouse.kill();
  await world.pause(0, 500);
  await clickhouse.heal();
}

/** Those that the traffic's events are in: migrations/. */
function partitionsOf(table: Table): readonly string[] {
  const now = new Date();
  const year = now.getUTCFullYear();
  if (table === 'events') return [String(year), String(year - 1)];
  if (table === 'rejected_events') return [now.toISOString().slice(0, 10).replaceAll('-', '')];
  return ['all'];
}
