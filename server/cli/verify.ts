import Table from 'cli-table3';
import { withAdmins, type AdminNode } from '../clickhouse/admin-node.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { withNodes } from '../clickhouse/nodes.ts';
import { rawSinceS } from '../clickhouse/retention.ts';
import { readEveryNode } from '../clickhouse/topology.ts';
import { readConfig } from '../config/environment.ts';
import { pluralize } from '../common/words.ts';
import { show } from '../common/errors.ts';
import { createLogger } from '../common/log.ts';
import { HOUR_S, HOUR_US } from '../common/units.ts';
import { timeUs } from '../events/query-parameters.ts';
import { ALL_HOURS, type HoursBetween } from '../queries/counted/grown-hours.ts';
import { settledS } from '../queries/counted/kept-counts.ts';
import { killFailingErasures } from '../erase/erasure-tables.ts';
import { MaintenanceLock } from '../migrate/lock.ts';
import { evenRows } from '../queries/verify/even-rows.ts';
import { hoursOf, isRepaired, repairCounts } from '../queries/verify/repair-counts.ts';
import { verifyCounts, type Difference, type RetryPolicy, type Sets } from '../queries/verify/verify-counts.ts';
import { readArguments, runCommand, UsageError } from './command.ts';
import { cell } from './result-table.ts';
import { withClickHouse } from './with-clickhouse.ts';

const MAX_REPAIRS = 5;

const USAGE = `Usage: npm run verify -- [--from T] [--to T] [--repair [--trust-raw]]

Compares the counts (events, users and sessions of every hour, application, category and name) with the raw events. With
RETENTION_DAYS, only hours are compared whose raw events are all there. Exit code 1 on any difference.

  --from T      from the hour that holds T (default: the first); ISO 8601 or ms since 1970
  --to T        up to T, the hour that holds it included unless T is its start (default: the last)
  --repair      recount the hours that differ, while everything runs, until none does; exit code 1 when some still do
                after ${MAX_REPAIRS} times. Hours without any raw event keep their counts
  --trust-raw   with --repair: recount these, too, so that nothing of them is counted any more, for good

Example: npm run verify -- --from 2026-05-01 --to 2026-06-01`;

/** The shipper may be about to complete an INSERT that failed half-way. */
const RETRIES: RetryPolicy = { attempts: 5, pauseMs: 1000 };
/** So many differences are printed; the rest is counted. */
const MAX_PRINTED = 100;
const REQUEST_TIMEOUT_MS = 60 * 60 * 1000;

const ERASED_IS_BACK =
  'ClickHouse has taken back parts from before an erasure: run npm run erase again for who was erased lately.';

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      repair: { type: 'boolean', default: false },
      'trust-raw': { type: 'boolean', default: false },
    },
  });
  const trustsRaw = values['trust-raw'];
  if (trustsRaw && !values.repair) throw new UsageError('--trust-raw: expected --repair before it');
  const range = hourRange(values.from, values.to);
  const config = readConfig();
  return withClickHouse(
    config,
    createLogger('warn'),
    async (endpoint) =>
      values.repair
        ? repair(endpoint, config.database, range, trustsRaw)
        : report(await differences(endpoint, config.database, range)),
    { onlyReads: !values.repair },
  );
});

function hourRange(from: string | undefined, to: string | undefined): HoursBetween {
  const fromS = from === undefined ? 0 : Math.floor(timeOf('--from', from) / HOUR_US) * HOUR_S;
  const toS = to === undefined ? ALL_HOURS.toS : Math.ceil(timeOf('--to', to) / HOUR_US) * HOUR_S;
  if (fromS >= toS) throw new UsageError(`--from: received ${from ?? 0}, expected a time before --to ${to ?? ''}`);
  return { fromS, toS: Math.min(toS, ALL_HOURS.toS) };
}

/** In microseconds since the epoch. */
function timeOf(option: string, text: string): number {
  const us = timeUs(text);
  if (!Number.isNaN(us)) return us;
  const expected = 'ISO 8601 such as 2026-05-01T13:00Z, or ms since the epoch, from 1970 to 2099';
  throw new UsageError(`${option}: received ${show(text)}, expected ${expected}`);
}

async function repair(
  endpoint: ClickHouseEndpoint,
  database: string,
  range: HoursBetween,
  trustsRaw: boolean,
): Promise<number> {
  for (let repairs = 0; ; repairs += 1) {
    const found = await differences(endpoint, database, range);
    const exitCode = report(found);
    const differing = found.filter((difference) => isRepaired(difference, { trustsRaw }));
    if (differing.length === 0 || repairs === MAX_REPAIRS) {
      const over = { fromS: range.fromS, toS: Math.min(range.toS, settledS({ nowMs: Date.now })) };
      await onEachShard(endpoint, database, async (node) => evenRows(node, over));
      return exitCode;
    }
    const how = { differing, trustsRaw, rawSinceS: async () => rawSinceS(endpoint, database) };
    await onEachShard(endpoint, database, async (node) => repairCounts(node, how));
    console.log(`Counted ${pluralize(hoursOf(differing).length, 'hour')} anew from the raw events.`);
  }
}

async function differences(
  endpoint: ClickHouseEndpoint,
  database: string,
  range: HoursBetween,
): Promise<readonly Difference[]> {
  const fromS = Math.max(range.fromS, await rawSinceS(endpoint, database));
  const asAdmin = { endpoint, role: 'admin', database, requestTimeoutMs: REQUEST_TIMEOUT_MS } as const;
  const found = await withNodes(asAdmin, async (nodes) =>
    nodes.use(async (client) => verifyCounts(client, { fromS, toS: Math.max(fromS, range.toS) }, RETRIES)),
  );
  // Again, because to compare may take longer than there is to spare: what differs by now only lacks its raw events.
  const sinceS = await rawSinceS(endpoint, database);
  return found.filter(({ hourS }) => hourS >= sinceS);
}

/** Each shard has the counts of its own events. Of a shard's replicas one is enough: they copy by themselves. */
async function onEachShard(
  endpoint: ClickHouseEndpoint,
  database: string,
  repair: (node: AdminNode) => Promise<void>,
): Promise<void> {
  const topology = await readEveryNode(endpoint, 'Nothing was repaired');
  await withAdmins(topology, { database, requestTimeoutMs: REQUEST_TIMEOUT_MS }, async (nodes) => {
    // Not beside an erasure: what it takes away, a repair that has read it before would add again.
    await MaintenanceLock.hold(nodes[0], createLogger('warn'), async () => {
      for (const node of nodes.filter(({ replica }) => replica === 1)) {
        if (await killFailingErasures(node.client)) console.log(ERASED_IS_BACK);
        await repair(node);
      }
    });
  });
}

/** Prints what was found; returns the exit code it means. */
function report(differing: readonly Difference[]): number {
  if (differing.length === 0) {
    console.log('What is counted and the raw events agree.');
    return 0;
  }
  const table = new Table({
    head: ['hour', 'application', 'category', 'name', 'events', 'users', 'sessions'],
    style: { head: [], border: [], compact: true },
  });
  for (const { hourS, application, category, name, ...sets } of differing.slice(0, MAX_PRINTED)) {
    const hour = new Date(hourS * 1000).toISOString();
    table.push([
      hour,
      ...[application, category, name].map(cell),
      ...[sets.events, sets.users, sets.sessions].map(setsText),
    ]);
  }
  console.log(table.toString());
  if (differing.length > MAX_PRINTED) console.log(`… and ${differing.length - MAX_PRINTED} more`);
  console.log(`What is counted and the raw events differ in ${pluralize(hoursOf(differing).length, 'hour')}.`);
  const gone = hoursOf(differing.filter(({ isRawGone }) => isRawGone)).length;
  if (gone > 0)
    console.log(
      `Of ${pluralize(gone, 'hour')} there is no raw event any more: what is counted is all that is left, and --repair takes ` +
        'none of it away without --trust-raw.',
    );
  return 1;
}

function setsText({ view, raw, union }: Sets): string {
  if (view === raw && raw === union) return String(view);
  const differ = view === raw ? `, ${union} different` : '';
  return `${view} counted, ${raw} raw${differ}`;
}
