import { connect, type ClickHouseClient } from '../server/clickhouse/client.ts';
import { INSERT_SETTINGS } from '../server/clickhouse/insert-settings.ts';
import { pause } from '../server/common/retry.ts';
import { Closing } from '../server/closing.ts';
import { readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { StreamReaders } from './load/stream-readers.ts';
import { describeMachine } from './measure/machine.ts';
import { cpuSeconds } from './measure/process-cpu.ts';
import { residentBytes } from './measure/resident-memory.ts';
import { DATABASE, startService } from './servers/service.ts';

interface Plan {
  readonly sessions: number;
  readonly hours: number;
  readonly seconds: number;
}

const STREAMS = ['by=session_id', 'by=session_id&window=24h&limit=20', 'by=user&show=data.path'];
const EVENTS_PER_SESSION = 2;
const CHUNK_ROWS = 500_000;
const POST_EVERY_MS = 200;
const EVENTS_PER_POST = 20;
const LATE_SHARE = 0.05;
const HOUR_MS = 3_600_000;

const USAGE = `Usage: node .build/bench/live-top.js [--sessions N] [--hours H] [--seconds S]

Fills a ClickHouse of its own with two events of each of N sessions and users (default: 1000000) over the last H hours
(default: 20), and reads three live top lists for S seconds (default: 60) while 100 events a second are posted, one in
twenty of them late.
Exit code: 0 measured, 1 a list sent a problem, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const { values } = readArguments({
    options: { sessions: { type: 'string' }, hours: { type: 'string' }, seconds: { type: 'string' } },
  });
  const plan: Plan = {
    sessions: wholeOption('sessions', values.sessions, { min: 1000, max: 100_000_000, fallback: 1_000_000 }),
    hours: wholeOption('hours', values.hours, { min: 1, max: 100_000, fallback: 20 }),
    seconds: wholeOption('seconds', values.seconds, { min: 5, max: 86_400, fallback: 60 }),
  };
  const closing = new Closing();
  try {
    const { engine, server } = await startService(closing);
    const client = connect({ endpoint: engine.endpoint, role: 'admin', database: DATABASE, requestTimeoutMs: 600_000 });
    closing.add('client', () => client.close());
    await fill(client, plan, signal);
    const stop = new AbortController();
    const posting = post(server.url, plan, AbortSignal.any([signal, stop.signal]));
    posting.catch(() => undefined);
    const lists = STREAMS.map((query) => ({ query, readers: new StreamReaders() }));
    for (const { query, readers } of lists) {
      closing.add(query, () => readers.close());
      await readers.open(`${server.url}/events/top/stream?${query}`, 2);
    }
    const before = await cpuSeconds(engine.pid);
    await pause(plan.seconds * 1000, signal);
    const cpu = (await cpuSeconds(engine.pid)) - before;
    let problems = 0;
    for (const { query, readers } of lists) {
      const report = await readers.finish();
      const [p50, p99, max] = [report.gapMs.p50, report.gapMs.p99, report.gapMs.max].map(Math.round);
      console.log(`${query}: ${report.objects.least} objects in ${plan.seconds} s, ${report.problems} problems;`);
      console.log(`  between two of them p50 ${p50} ms, p99 ${p99} ms, at most ${max} ms`);
      problems += report.problems;
    }
    console.log(`ClickHouse: ${((100 * cpu) / plan.seconds).toFixed(0)} % of a core`);
    console.log(`Resident, server: ${((await residentBytes(server.pid)) / 2 ** 20).toFixed(0)} MiB`);
    const { cpu: model, cores, memoryGiB, node, clickhouse } = await describeMachine(engine.endpoint);
    console.log(`${model}, ${cores} cores, ${memoryGiB} GiB; Node ${node}, ClickHouse ${clickhouse}`);
    stop.abort();
    await posting;
    return problems === 0 ? 0 : 1;
  } finally {
    await closing.close();
  }
});

/** Two events of each session, some hours apart; every session has a user of its own. */
async function fill(client: ClickHouseClient, { sessions, hours }: Plan, signal: AbortSignal): Promise<void> {
  const rows = sessions * EVENTS_PER_SESSION;
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    signal.throwIfAborted();
    await client.command({
      query: `
        INSERT INTO events (timestamp, received_at, event_id, session_id, user, category, name, shape, data)
        SELECT
          now64(6) - toIntervalMicrosecond(intDiv((number + 1) * {span_us:UInt64}, {rows:UInt64})), now64(6),
          toString(generateUUIDv7(number)), toString(reinterpretAsUUID(sipHash128(number % {sessions:UInt64}))),
          concat('user-', toString(cityHash64(number % {sessions:UInt64}))), 'page',
          ['pageview', 'scroll', 'click'][1 + number % 3], ',', concat('{"path":"/products/', toString(number % 5000), '"}')
        FROM numbers({from:UInt64}, {count:UInt64})`,
      query_params: { from, count: Math.min(CHUNK_ROWS, rows - from), rows, sessions, span_us: hours * HOUR_MS * 1000 },
      clickhouse_settings: INSERT_SETTINGS,
    });
    console.error(`${Math.min(rows, from + CHUNK_ROWS).toLocaleString('en')} events`);
  }
}

async function post(url: string, { hours }: Plan, signal: AbortSignal): Promise<void> {
  for (let posts = 0; !signal.aborted; posts += 1) {
    const lines = Array.from({ length: EVENTS_PER_POST }, (_, n) => {
      const isLate = (posts * EVENTS_PER_POST + n) % (1 / LATE_SHARE) === 0;
      const timestamp = Date.now() - (isLate ? Math.floor(Math.random() * hours * HOUR_MS) : 0);
      const [session_id, user] = [`live-${posts}-${n % 7}`, `user-live-${posts % 50}`];
      const data = { path: `/products/${n}` };
      return JSON.stringify({ session_id, user, category: 'page', name: 'pageview', data, timestamp });
    });
    const answer = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    if (answer.status !== 202) throw new Error(`POST /events: received ${answer.status}, expected 202`);
    await answer.arrayBuffer();
    await pause(POST_EVERY_MS, signal);
  }
}
