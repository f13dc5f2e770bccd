import Table from 'cli-table3';
import { connect, type ClickHouseClient } from '../server/clickhouse/client.ts';
import { Closing } from '../server/closing.ts';
import { show } from '../server/common/errors.ts';
import { readArguments, UsageError, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { fillEvents, fillRejected, untilQuiet } from './traffic/fill-events.ts';
import { createLatency } from './measure/latency.ts';
import { describeMachine } from './measure/machine.ts';
import { clickHouseTimeUs, costSince, type QuestionCost } from './measure/question-costs.ts';
import { EXPORTS, questionList, type BenchExport, type BenchQuestion } from './measure/question-list.ts';
import { DATABASE, startService } from './servers/service.ts';

interface Plan {
  readonly rows: number;
  /** How often each question is asked. */
  readonly times: number;
  /** Only what has a goal. */
  readonly goalsOnly: boolean;
}

interface Asked extends QuestionCost {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly goalMs: number | undefined;
}

interface Exported extends BenchExport {
  readonly events: number;
  readonly p50PerS: number;
  readonly worstPerS: number;
}

const REJECTED_ROWS = 100_000;
/** The engine of a process is slow until its code is compiled. */
const WARM_UP = 5;
const EXPORT_TIMES = 3;
const LINE_END = 10;

const USAGE = `Usage: node .build/bench/questions.js [--rows N] [--times N] [--only goals]

Fills a ClickHouse of its own with made events, and asks the service each question over HTTP, one after the other; then
exports a quarter of the events as NDJSON and as Parquet. With --only goals, what has a goal alone.
Exit code: 0 measured, 1 an answer other than 200, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const plan = readPlan();
  const closing = new Closing();
  try {
    const { engine, server } = await startService(closing);
    const client = connect({
      endpoint: engine.endpoint,
      role: 'admin',
      database: DATABASE,
      requestTimeoutMs: 600_000,
    });
    closing.add('client', () => client.close());
    await fill(client, plan.rows, signal);
    const sessions = await someSessions(client, plan);
    const asked: Asked[] = [];
    for (const question of questionList(sessions)) {
      if (plan.goalsOnly && question.goalMs === undefined) continue;
      asked.push(await ask(server.url, client, question, plan.times));
      signal.throwIfAborted();
    }
    print(plan, asked);
    for (const each of EXPORTS) printExport(await exportTimes(server.url, each, signal));
    console.log(await planOfSession(client, sessions[0] ?? ''));
    const { cpu, cores, memoryGiB, node, clickhouse } = await describeMachine(engine.endpoint);
    console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB; Node ${node}, ClickHouse ${clickhouse}`);
    return 0;
  } finally {
    await closing.close();
  }
});

function readPlan(): Plan {
  const { values } = readArguments({
    options: { rows: { type: 'string' }, times: { type: 'string' }, only: { type: 'string' } },
  });
  if (values.only !== undefined && values.only !== 'goals')
    throw new UsageError(`--only: received ${show(values.only)}, expected goals`);
  return {
    rows: wholeOption('rows', values.rows, { min: 10_000, max: 10_000_000_000, fallback: 10_000_000 }),
    times: wholeOption('times', values.times, { min: 1, max: 100_000, fallback: 50 }),
    goalsOnly: values.only === 'goals',
  };
}

async function fill(client: ClickHouseClient, rows: number, signal: AbortSignal): Promise<void> {
  await fillEvents(client, rows, (made) => console.error(`${made.toLocaleString('en')} events`), signal);
  await fillRejected(client, REJECTED_ROWS);
  console.error('waiting for merges, and for what the service counts ...');
  await untilQuiet(client, signal);
}

async function someSessions(client: ClickHouseClient, { rows, times }: Plan): Promise<string[]> {
  const result = await client.query({
    query: `
      SELECT toString(reinterpretAsUUID(sipHash128(intDiv(number * {sessions:UInt64}, {times:UInt64})))) AS id
      FROM numbers({times:UInt64})`,
    query_params: { sessions: Math.floor(rows / 10), times: times + WARM_UP },
    format: 'JSONEachRow',
  });
  return (await result.json<{ id: string }>()).map(({ id }) => id);
}

async function ask(url: string, client: ClickHouseClient, question: BenchQuestion, times: number): Promise<Asked> {
  for (let n = 0; n < WARM_UP; n += 1) await get(url + question.path(times + n));
  const sinceUs = await clickHouseTimeUs(client);
  const latency = createLatency();
  for (let n = 0; n < times; n += 1) await latency.time(() => get(url + question.path(n)));
  const cost = await costSince(client, sinceUs, times);
  const { name, goalMs } = question;
  return { name, goalMs, p50Ms: latency.percentileMs(50), p99Ms: latency.percentileMs(99), ...cost };
}

/** Reads an export to its end, some times. */
async function exportTimes(url: string, asked: BenchExport, signal: AbortSignal): Promise<Exported> {
  const latency = createLatency();
  for (let n = 0; n < EXPORT_TIMES; n += 1) await latency.time(async () => readToEnd(url + asked.path, signal));
  const answer = await fetch(url + asked.path.replace('/events/export?format=parquet', '/events/export?format=ndjson'));
  const events = await countLines(answer);
  const perS = (percentile: number) => events / (latency.percentileMs(percentile) / 1000);
  return { ...asked, events, p50PerS: perS(50), worstPerS: perS(100) };
}

async function readToEnd(url: string, signal: AbortSignal): Promise<void> {
  const { status, body } = await fetch(url, { signal });
  if (status !== 200 || body === null) throw new Error(`GET ${url}: received ${status}, expected 200`);
  const reader = body.getReader();
  while (!(await reader.read()).done);
}

async function countLines({ body }: Response): Promise<number> {
  let lines = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    for (const byte of part.value as Uint8Array) if (byte === LINE_END) lines += 1;
  }
  return lines;
}

async function get(url: string): Promise<void> {
  const answer = await fetch(url, { headers: { 'cache-control': 'no-cache' } });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET ${url}: received ${answer.status} ${text}, expected 200`);
}

/** The indexes that the question about a session uses, with what each leaves to be read. */
async function planOfSession(client: ClickHouseClient, session: string): Promise<string> {
  const result = await client.query({
    query: `
      EXPLAIN indexes = 1
      SELECT timestamp, data
      FROM events
      WHERE timestamp >= fromUnixTimestamp64Micro(0, 'UTC') AND session_id = {session:String}
      ORDER BY timestamp, received_at, event_id
      LIMIT 101`,
    query_params: { session },
    format: 'TabSeparatedRaw',
    // Looked up before anything is read, so that the plan has the figures.
    clickhouse_settings: { use_skip_indexes_on_data_read: 0 },
  });
  return result.text();
}

function print({ rows, times }: Plan, asked: readonly Asked[]): void {
  const table = new Table({
    head: ['question', 'p50 ms', 'p99 ms', 'goal', 'processor', 'queries', 'rows read', 'MiB read', 'peak MiB'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { name, p50Ms, p99Ms, goalMs = '', processorMs, queries, rowsRead, bytesRead, maxMemoryBytes } of asked) {
    const [ms50, ms99] = [p50Ms.toFixed(1), p99Ms.toFixed(1)];
    const read = Math.round(rowsRead).toLocaleString('en');
    table.push([
      name,
      ms50,
      ms99,
      goalMs,
      Math.round(processorMs),
      queries.toFixed(1),
      read,
      mib(bytesRead),
      mib(maxMemoryBytes),
    ]);
  }
  console.log(table.toString());
  console.log(`${rows.toLocaleString('en')} events; each question asked ${times} times, each time another one`);
}

function printExport({ name, goalPerS, events, p50PerS, worstPerS }: Exported): void {
  const [p50, worst] = [p50PerS, worstPerS].map((perS) => Math.round(perS).toLocaleString('en'));
  const of = `${events.toLocaleString('en')} events, ${EXPORT_TIMES} times`;
  console.log(`${name}: ${p50} events/s, at least ${worst} (goal ${goalPerS.toLocaleString('en')}); ${of}`);
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
