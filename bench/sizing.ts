import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ClickHouseClient } from '../server/clickhouse/client.ts';
import { Closing } from '../server/closing.ts';
import { readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { eventBodies, EVENTS_PER_BODY } from './traffic/event-bodies.ts';
import { describeMachine } from './measure/machine.ts';
import { measure, type LoadRequest } from './measure/measure.ts';
import { cpuSeconds } from './measure/process-cpu.ts';
import { residentBytes } from './measure/resident-memory.ts';
import { benchTraffic, postRequest } from './scenarios.ts';
import { DATABASE, startService, type Service } from './servers/service.ts';

/** One kind of traffic. */
interface Kind {
  readonly name: string;
  readonly next: () => LoadRequest;
  readonly eventsPerRequest: number;
  readonly connections: number;
}

const SHIPPED_WITHIN_MS = 120_000;
const MILLION = 1_000_000;
const MIB = 2 ** 20;

const USAGE = `Usage: node .build/bench/sizing.js [--events N]

What a million events take: processor time of the server and of ClickHouse, bytes in the journal and on ClickHouse's disk.
Exit code: 0 measured, 1 events were refused, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const { values } = readArguments({ options: { events: { type: 'string' } } });
  const events = wholeOption('events', values.events, { min: 1000, max: 100_000_000, fallback: 200_000 });
  const { currentEvent } = benchTraffic();
  const bodies = eventBodies(Date.now());
  const ndjson = { 'Content-Type': 'application/x-ndjson' };
  const kinds: readonly Kind[] = [
    {
      name: 'POST /analytics',
      next: () => postRequest(currentEvent()),
      eventsPerRequest: 1,
      connections: 50,
    },
    {
      name: `POST /events, ${EVENTS_PER_BODY} a body`,
      next: () => ({ method: 'POST', path: '/events', headers: ndjson, body: bodies.next().value.events }),
      eventsPerRequest: EVENTS_PER_BODY,
      connections: 2,
    },
  ];
  let refused = 0;
  for (const kind of kinds) refused += await size(kind, events, signal);
  return refused === 0 ? 0 : 1;
});

/** Measures one kind with a service of its own. Returns how many requests were refused. */
async function size(kind: Kind, events: number, signal: AbortSignal): Promise<number> {
  const closing = new Closing();
  try {
    const service = await startService(closing);
    const client = connect({ endpoint: service.engine.endpoint, role: 'admin', database: DATABASE });
    closing.add('client', () => client.close());
    if (kind.eventsPerRequest === 1) console.log(JSON.stringify(await describeMachine(service.engine.endpoint)));
    const before = await cpuOf(service);
    const requests = Math.ceil(events / kind.eventsPerRequest);
    const watching = new AbortController();
    const journal = watchJournal(service.server.url, watching.signal);
    const measured = await measure(
      { url: service.server.url, next: kind.next, connections: kind.connections, extent: { requests } },
      signal,
    );
    await untilShipped(service.server.url, signal);
    watching.abort();
    const after = await cpuOf(service);
    const perMillion = MILLION / (requests * kind.eventsPerRequest);
    console.log(`${kind.name}: ${Math.round(measured.ratePerS * kind.eventsPerRequest)} events/s`);
    print('CPU of the server', `${((after.server - before.server) * perMillion).toFixed(1)} s per million`);
    print('CPU of ClickHouse', `${((after.engine - before.engine) * perMillion).toFixed(1)} s per million`);
    print('in the journal', `${(await journal).toFixed(0)} bytes an event while it waits`);
    for (const table of ['events', 'minutes', 'hours']) await printTable(client, table, perMillion);
    print('resident, server', `${((await residentBytes(service.server.pid)) / MIB).toFixed(0)} MiB`);
    print('resident, ClickHouse', `${((await residentBytes(service.engine.pid)) / MIB).toFixed(0)} MiB`);
    return measured.non2xx + measured.errors;
  } finally {
    await closing.close();
  }
}

async function cpuOf({ server, engine }: Service): Promise<{ server: number; engine: number }> {
  return { server: await cpuSeconds(server.pid), engine: await cpuSeconds(engine.pid) };
}

/** The most bytes that the journal held for each event in it. */
async function watchJournal(url: string, signal: AbortSignal): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const [bytes, waiting] = [value(metrics, 'journal_bytes'), value(metrics, 'events_waiting')];
    if (waiting > 0) most = Math.max(most, bytes / waiting);
    await sleep(200);
  }
  return most;
}

async function untilShipped(url: string, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + SHIPPED_WITHIN_MS; ; await sleep(100, undefined, { signal })) {
    if (value(await (await fetch(`${url}/metrics`)).text(), 'events_waiting') === 0) return;
    if (Date.now() > deadline) throw new Error('the events were not shipped within two minutes');
  }
}

function value(metrics: string, name: string): number {
  return Number(new RegExp(`^clickhour_${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
}

/** After all merges, which is what stays. */
async function printTable(client: ClickHouseClient, table: string, perMillion: number): Promise<void> {
  await client.command({ query: `OPTIMIZE TABLE ${table} FINAL` });
  const result = await client.query({
    query: `
      SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes
      FROM system.parts
      WHERE active AND database = currentDatabase() AND table = {table:String}`,
    query_params: { table },
    format: 'JSONEachRow',
  });
  const [sums] = await result.json<{ rows: string; bytes: string }>();
  const mib = ((Number(sums?.bytes) * perMillion) / MIB).toFixed(1);
  print(`table ${table}`, `${Math.round(Number(sums?.rows) * perMillion)} rows, ${mib} MiB per million`);
}

function print(what: string, figure: string): void {
  console.log(`  ${what.padEnd(22)}${figure}`);
}
