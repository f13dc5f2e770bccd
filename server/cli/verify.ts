import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { connect } from '../clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { connectAny } from '../clickhouse/nodes.ts';
import { listOf, localName, readWholeTopology } from '../clickhouse/topology.ts';
import { readConfig } from '../environment.ts';
import { AppError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { repairHourly } from '../queries/repair-hourly.ts';
import {
  verifyHourly,
  type HourDifference,
  type HourRange,
  type Patience,
} from '../queries/verify-hourly.ts';
import { runCommand, UsageError } from './command.ts';
import { parseTime } from './time-argument.ts';
import { withClickHouse } from './with-clickhouse.ts';

const USAGE = `Usage: npm run verify -- [--from T] [--to T] [--repair]

Compares the hourly view with the raw events, hour by hour; exit code 1 on any difference.

  --from T   from the hour that holds T (default: the first); ISO 8601 or ms since 1970
  --to T     up to T, the hour that holds it included unless T is its start (default: the last)
  --repair   rebuild the hours that differ from the raw events, until none does`;

/** The shipper may be about to complete an INSERT that failed half-way, so before a repair we wait longer. */
const PATIENCE: Patience = { attempts: 5, pauseMs: 1000 };
const PATIENCE_BEFORE_REPAIR: Patience = { attempts: 15, pauseMs: 1000 };
const MAX_REPAIRS = 5;
const REQUEST_TIMEOUT_MS = 60 * 60 * 1000;
const HOUR_S = 3600;
/** The end of what a DateTime of ClickHouse can hold, on the hour. */
const END_S = Math.floor(0xffff_ffff / HOUR_S) * HOUR_S;

await runCommand(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      repair: { type: 'boolean', default: false },
    },
  });
  const range = hourRange(values.from, values.to);
  const config = readConfig();
  return withClickHouse(config, createLogger('warn'), (endpoint) =>
    values.repair ? repair(endpoint, config.database, range) : verify(endpoint, config.database, range),
  );
});

function hourRange(from: string | undefined, to: string | undefined): HourRange {
  const fromS = from === undefined ? 0 : Math.floor(parseTime('--from', from) / 1000 / HOUR_S) * HOUR_S;
  const toS = to === undefined ? END_S : Math.ceil(parseTime('--to', to) / 1000 / HOUR_S) * HOUR_S;
  if (fromS >= toS)
    throw new UsageError(`--from: received ${from ?? 0}, expected a time before --to ${to ?? ''}`);
  return { fromS, toS: Math.min(toS, END_S) };
}

async function verify(endpoint: ClickHouseEndpoint, database: string, range: HourRange): Promise<number> {
  return report(await differingHours(endpoint, database, range, PATIENCE));
}

async function repair(endpoint: ClickHouseEndpoint, database: string, range: HourRange): Promise<number> {
  for (let repairs = 0; ; repairs += 1) {
    const differing = await differingHours(endpoint, database, range, PATIENCE_BEFORE_REPAIR);
    const exitCode = report(differing);
    if (exitCode === 0 || repairs === MAX_REPAIRS) return exitCode;
    await repairNodes(
      endpoint,
      database,
      differing.map(({ hourS }) => hourS),
    );
    console.log(`Rebuilt ${hours(differing.length)} from the raw events.`);
  }
}

async function differingHours(
  endpoint: ClickHouseEndpoint,
  database: string,
  range: HourRange,
  patience: Patience,
): Promise<readonly HourDifference[]> {
  const nodes = connectAny({ endpoint, role: 'query', database, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  try {
    return await nodes.use(async (client) => verifyHourly(client, range, patience));
  } finally {
    await nodes.close();
  }
}

/** One node after the other: each has the hours of its own events. */
async function repairNodes(
  endpoint: ClickHouseEndpoint,
  database: string,
  hoursS: readonly number[],
): Promise<void> {
  const { layout, nodes, away } = await readWholeTopology(endpoint);
  if (layout.replicated)
    throw new AppError('invalid', '--repair: received a cluster with replicas, expected one without');
  if (away.length > 0)
    throw new AppError(
      'unavailable',
      `Nothing was repaired, because these nodes do not answer: ${listOf(away)}.`,
    );
  for (const { endpoint } of nodes) {
    const client = connect({ endpoint, role: 'admin', database, requestTimeoutMs: REQUEST_TIMEOUT_MS });
    try {
      const [events, hourly] = [localName('events', layout), localName('hourly', layout)];
      await repairHourly({ client, events, hourly }, hoursS);
    } finally {
      await client.close();
    }
  }
}

/** Prints what was found; returns the exit code it means. */
function report(differing: readonly HourDifference[]): number {
  if (differing.length === 0) {
    console.log('The hourly view and the raw events agree.');
    return 0;
  }
  const table = new Table({
    head: ['hour', 'clicks: view', 'raw', 'impressions: view', 'raw', 'users: view', 'raw', 'together'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { hourS, view, raw, usersTogether } of differing) {
    const hour = new Date(hourS * 1000).toISOString();
    const figures = [
      view.clicks,
      raw.clicks,
      view.impressions,
      raw.impressions,
      view.users,
      raw.users,
      usersTogether,
    ];
    table.push([hour, ...figures]);
  }
  console.log(table.toString());
  console.log(`The hourly view and the raw events differ in ${hours(differing.length)}.`);
  return 1;
}

function hours(number: number): string {
  return `${number} hour${number === 1 ? '' : 's'}`;
}
