import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Table from 'cli-table3';
import { Closing } from '../server/closing.ts';
import { startChildServer } from './servers/child-server.ts';
import { readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { createDirectTable, DIRECT_SETTINGS } from './servers/direct-table.ts';
import { describeMachine, type Machine } from './measure/machine.ts';
import { measure } from './measure/measure.ts';
import { median } from './measure/statistics.ts';
import { runRounds, type RoundPlan, type ScenarioResult } from './rounds.ts';
import { benchTraffic, POST_ANALYTICS, postRequest, REDIS_STREAMS, scenarios, type Servers } from './scenarios.ts';
import { startRedis } from './servers/redis.ts';
import { DATABASE, startService } from './servers/service.ts';
import { programFile, projectRoot } from '../server/common/project-root.ts';

interface BenchResult {
  readonly startedAt: string;
  readonly machine: Machine;
  readonly plan: RoundPlan;
  readonly directSettings: typeof DIRECT_SETTINGS;
  readonly scenarios: readonly ScenarioResult[];
}

const RESULTS = path.join(projectRoot, 'bench/results');
/** What the hours hold before anything is measured; the current hour grows with every round of POSTs. */
const CURRENT_EVENTS = 20_000;
const PAST_EVENTS = 30_000;

const USAGE = `Usage: npm run bench -- [--seconds S] [--rounds N] [--connections C]

Measures the service, a reference and direct inserts, each a process of its own, and prints a table.

  --seconds S       of each measurement (default: 5)
  --rounds N        how often each is measured; the table has medians (default: 5)
  --connections C   at once (default: 50)

Exit code: 0 measured, 1 there were errors or answers other than 2xx, 2 wrong arguments.

Example: npm run bench -- --seconds 2 --rounds 3`;

await runBench(USAGE, async (signal) => {
  const plan = readPlan();
  const closing = new Closing();
  try {
    const result = await bench(plan, closing, signal);
    const file = await save(result);
    print(result, file);
    return result.scenarios.every(({ non2xx, errors }) => non2xx + errors === 0) ? 0 : 1;
  } finally {
    await closing.close();
  }
});

function readPlan(): RoundPlan {
  const { values } = readArguments({
    options: { seconds: { type: 'string' }, rounds: { type: 'string' }, connections: { type: 'string' } },
  });
  return {
    seconds: wholeOption('seconds', values.seconds, { min: 1, max: 3600, fallback: 5 }),
    rounds: wholeOption('rounds', values.rounds, { min: 1, max: 100, fallback: 5 }),
    connections: wholeOption('connections', values.connections, { min: 1, max: 10_000, fallback: 50 }),
  };
}

async function bench(plan: RoundPlan, closing: Closing, signal: AbortSignal): Promise<BenchResult> {
  const startedAt = new Date().toISOString();
  const { engine, server } = await startService(closing);
  const startReference = async (name: string, env: Readonly<Record<string, string>> = {}) => {
    const server = await startChildServer(programFile(`bench/servers/${name}-server.js`), env);
    closing.add(`${name} server`, () => server.close());
    return server;
  };
  const reference = await startReference('reference');
  const floor = await startReference('floor');
  const direct = await createDirectTable(engine.endpoint, DATABASE);
  const redis = await startRedis(closing);
  if (redis === undefined) console.error('redis-server is not installed; what is built with it is left out');
  const streams = redis && { server: await startReference('streams', { REDIS_SOCKET: redis.socket }), redis };
  const servers: Servers = { reference, floor, ...(streams && { streams }), service: server, direct, engine };
  console.error('filling the current hour and a week of past hours ...');
  await fill(servers, plan.connections, signal);
  const results = await runRounds(
    scenarios(servers),
    plan,
    server.url,
    (round, { name }, { ratePerS }) => console.error(`round ${round}: ${name}: ${Math.round(ratePerS)}/s`),
    signal,
  );
  const machine = await describeMachine(engine.endpoint);
  return { startedAt, machine, plan, directSettings: DIRECT_SETTINGS, scenarios: results };
}

/** Also warms every server up: the engine of a process is slow until its code is compiled. */
async function fill(servers: Servers, connections: number, signal: AbortSignal): Promise<void> {
  const { reference, floor, streams, service } = servers;
  const { currentEvent, pastEvent } = benchTraffic();
  const loads = [
    { to: reference, event: currentEvent, requests: CURRENT_EVENTS },
    { to: floor, event: currentEvent, requests: CURRENT_EVENTS },
    { to: service, event: currentEvent, requests: CURRENT_EVENTS },
    { to: service, event: pastEvent, requests: PAST_EVENTS },
    ...(streams === undefined ? [] : [{ to: streams.server, event: currentEvent, requests: CURRENT_EVENTS }]),
  ];
  for (const {
    to: { url },
    event,
    requests,
  } of loads) {
    const next = () => postRequest(event());
    const { non2xx, errors } = await measure({ url, next, connections, extent: { requests } }, signal);
    if (non2xx + errors === 0) continue;
    throw new Error(`filling ${url}: ${non2xx} answers other than 2xx and ${errors} errors, expected none`);
  }
}

async function save(result: BenchResult): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = path.join(RESULTS, `${result.startedAt.replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}

function print({ machine, plan, scenarios }: BenchResult, file: string): void {
  const table = new Table({
    head: ['scenario', 'per second', 'p50 ms', 'p99 ms', 'ratio', 'cpu us', 'all us', 'not 2xx', 'errors'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { name, ratePerS, p50Ms, p99Ms, ratio, ownUs, allUs, non2xx, errors } of scenarios) {
    const costs = [ownUs.toFixed(1), allUs.toFixed(1)];
    table.push([name, Math.round(ratePerS), p50Ms, p99Ms, ratio.toFixed(2), ...costs, non2xx, errors]);
  }
  const { rounds, seconds, connections } = plan;
  console.log(table.toString());
  console.log('The ratio is to the reference; of POST /events, to the same rows inserted directly (1 connection).');
  console.log('Processor time an event, user and system: of the process that answers; with the database behind it.');
  const [ours, theirs] = [POST_ANALYTICS, REDIS_STREAMS].map((name) => scenarios.find((each) => each.name === name));
  if (ours !== undefined && theirs !== undefined) {
    const ratios = ours.rounds.map(({ ratePerS }, round) => ratePerS / (theirs.rounds[round]?.ratePerS ?? NaN));
    console.log(`${POST_ANALYTICS}: ${median(ratios).toFixed(2)} times the rate of Koa with Redis Streams`);
  }
  console.log(`Medians of ${rounds} rounds of ${seconds} s each, ${connections} connections, on`);
  console.log(`  ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}`);
  console.log(`  Node ${machine.node}, ClickHouse ${machine.clickhouse}; load generator on the same machine`);
  console.log(`Written to ${path.relative(process.cwd(), file)}`);
}
