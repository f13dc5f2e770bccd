import { connect, type ClickHouseClient } from '../server/clickhouse/client.ts';
import { pause } from '../server/common/retry.ts';
import { Closing } from '../server/closing.ts';
import { originOption, readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { createHttpClient, expectReachable } from './load/http-client.ts';
import { describeMachine } from './measure/machine.ts';
import { clickHouseTimeUs } from './measure/question-costs.ts';
import { residentBytes } from './measure/resident-memory.ts';
import { DATABASE, startService } from './servers/service.ts';
import { slope } from './measure/statistics.ts';
import { StreamReaders, type ReadersReport } from './load/stream-readers.ts';
import { postPaths } from './load/stream-traffic.ts';

/** The service that is read from. */
interface Served {
  readonly url: string;
  /** Questions about the top since it was first asked. */
  queries(): Promise<number>;
  residentBytes(): Promise<number>;
  /** Readers that did not keep up, by the count of the service. */
  cutOff(): Promise<number>;
}

/** A moment: minutes since the start, resident MiB of the service, and how many it has cut off until then. */
interface Sample {
  readonly x: number;
  readonly y: number;
  readonly cutOff: number;
}

/** 100 keys of 200 characters: an object of about 22 KB, so that what is unsent fills what the system buffers. */
const STREAM = '/events/top/stream?by=data.path&limit=100';
const SAMPLE_EVERY_MS = 5_000;
const PRINTED_SAMPLES = 20;
const MAX_GAP_MS = 1_500;
const CUT_OFF = 'clickhour_live_readers_cut_off_total';

const USAGE = `Usage: node .build/bench/readers.js [--readers N] [--minutes M] [--url U]

Opens N streams of one question, one of which stops reading, and watches what each gets. Without --url from a service of
its own, to which it posts events meanwhile; with it, from the one there, as its /metrics tells.
Exit code: 0 measured, 1 a gap over 1.5 s, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const { values } = readArguments({
    options: { readers: { type: 'string' }, minutes: { type: 'string' }, url: { type: 'string' } },
  });
  const readers = wholeOption('readers', values.readers, { min: 2, max: 9_000, fallback: 500 });
  const minutes = wholeOption('minutes', values.minutes, { min: 1, max: 10_080, fallback: 5 });
  const closing = new Closing();
  try {
    const served =
      values.url === undefined
        ? await servedHere(closing, signal)
        : await servedElsewhere(originOption(values.url), closing);
    const streams = new StreamReaders();
    closing.add('readers', () => streams.close());
    await streams.open(served.url + STREAM, readers);
    const before = await served.queries();
    const startMs = performance.now();
    const samples = await watch(served, minutes, signal);
    const queriesPerS = ((await served.queries()) - before) / ((performance.now() - startMs) / 1000);
    const report = await streams.finish();
    print({ readers, minutes, queriesPerS }, report, samples);
    signal.throwIfAborted();
    return report.gapMs.max <= MAX_GAP_MS ? 0 : 1;
  } finally {
    await closing.close();
  }
});

async function servedHere(closing: Closing, signal: AbortSignal): Promise<Served> {
  const { engine, server } = await startService(closing);
  const client = connect({ endpoint: engine.endpoint, role: 'admin', database: DATABASE });
  closing.add('client', () => client.close());
  const { cpu, cores, memoryGiB, node, clickhouse } = await describeMachine(engine.endpoint);
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB; Node ${node}, ClickHouse ${clickhouse}`);
  const stop = new AbortController();
  const posting = postPaths(server.url, AbortSignal.any([signal, stop.signal]));
  // Thrown when it is waited for, below.
  posting.catch(() => undefined);
  closing.add('traffic', async () => {
    stop.abort();
    await posting;
  });
  const sinceUs = await clickHouseTimeUs(client);
  const metric = metricsOf(server.url, closing);
  return {
    url: server.url,
    cutOff: async () => metric(CUT_OFF),
    queries: async () => queriesSince(client, sinceUs),
    residentBytes: async () => residentBytes(server.pid),
  };
}

async function servedElsewhere(url: string, closing: Closing): Promise<Served> {
  const client = createHttpClient(url, { maxConnections: 1 });
  closing.add('client', () => client.close());
  await expectReachable(client);
  const metric = metricsOf(url, closing);
  return {
    url,
    cutOff: async () => metric(CUT_OFF),
    queries: async () => metric('clickhour_live_queries_total'),
    residentBytes: async () => metric('process_resident_memory_bytes'),
  };
}

function metricsOf(url: string, closing: Closing): (name: string) => Promise<number> {
  const client = createHttpClient(url, { maxConnections: 1 });
  closing.add('metrics client', () => client.close());
  return async (name) => {
    const reply = await client.request('GET', '/metrics');
    const text = reply.kind === 'answer' ? reply.body : '';
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
  };
}

/** As ClickHouse's own log has it. */
async function queriesSince(client: ClickHouseClient, sinceUs: number): Promise<number> {
  await client.command({ query: 'SYSTEM FLUSH LOGS query_log' });
  const result = await client.query({
    query: `
      SELECT count()
      FROM system.query_log
      WHERE type = 'QueryStart' AND user = 'query' AND match(query, 'FROM events')
        AND toUnixTimestamp64Micro(query_start_time_microseconds) >= {since_us:Int64}`,
    query_params: { since_us: sinceUs },
    format: 'TabSeparated',
  });
  return Number(await result.text());
}

async function watch(served: Served, minutes: number, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startMs = performance.now();
  const endMs = startMs + minutes * 60_000;
  for (let nowMs = startMs; nowMs < endMs && !signal.aborted; nowMs = performance.now()) {
    const [resident, cutOff] = await Promise.all([served.residentBytes(), served.cutOff()]);
    samples.push({ x: (nowMs - startMs) / 60_000, y: resident / 2 ** 20, cutOff });
    await pause(Math.min(SAMPLE_EVERY_MS, endMs - nowMs), signal);
  }
  return samples;
}

interface Asked {
  readonly readers: number;
  readonly minutes: number;
  readonly queriesPerS: number;
}

function print({ readers, minutes, queriesPerS }: Asked, report: ReadersReport, samples: Sample[]): void {
  const { objects, gapMs, problems, ended } = report;
  const step = Math.max(1, Math.floor(samples.length / PRINTED_SAMPLES));
  for (const { x, y } of samples.filter((_, n) => n % step === 0)) {
    console.log(`${x.toFixed(1).padStart(7)} min ${y.toFixed(1).padStart(8)} MiB`);
  }
  const growth = slope(samples.slice(Math.floor(samples.length / 2)));
  const [p50, p99, max] = [gapMs.p50, gapMs.p99, gapMs.max].map((ms) => `${Math.round(ms)} ms`);
  console.log(`${readers} readers for ${minutes} min, one of which stopped reading.`);
  console.log(`Objects a reader: ${objects.least} to ${objects.most}; of these, problems in all: ${problems}.`);
  console.log(`Between two objects of a reader: p50 ${p50}, p99 ${p99}, at most ${max}.`);
  console.log(`Queries a second: ${queriesPerS.toFixed(2)}.`);
  console.log(`Resident memory of the service grows by ${growth.toFixed(2)} MiB/min in the second half.`);
  const cutOff = samples.find((sample) => sample.cutOff > 0);
  const when = cutOff === undefined ? 'never cut off' : `seen cut off after ${cutOff.x.toFixed(1)} min`;
  console.log(`The one that stopped reading: ${ended.stopped ? when : 'still there'}.`);
  console.log(`Streams of others that ended: ${ended.reading}.`);
}
