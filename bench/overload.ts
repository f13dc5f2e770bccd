import { pause } from '../server/common/retry.ts';
import { Closing } from '../server/closing.ts';
import { readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import type { Verdict } from './load/outcomes.ts';
import { createLatency, type Latency } from './measure/latency.ts';
import { startLoadGenerator, type LoadGenerator } from './load/load-generator.ts';
import { describeMachine } from './measure/machine.ts';
import type { PhaseResult, Window } from './load/open-loop.ts';
import { DATABASE, startService } from './servers/service.ts';
import { slope } from './measure/statistics.ts';
import { Watcher, type Sample } from './measure/watcher.ts';

interface Plan {
  readonly minutes: number;
  readonly connections: number;
  readonly events: number;
  /** How many times the capacity is offered. */
  readonly times: number;
}

/** Enough to keep the processor busy while each waits for the disk, and too few to be overload. */
const CAPACITY_CONNECTIONS = 200;
const MEASURED_S = 15;
const UNLOADED_SHARE = 0.1;
const PRINTED_WINDOWS = 20;
const PHASE_COLUMNS = '      s     sent/s accepted/s  refused/s   p50 ms   p99 ms';
/** Ingest may be ahead of ClickHouse when the load ends. */
const SHIPPED_WITHIN_MS = 600_000;

const USAGE = `Usage: node .build/bench/overload.js [--minutes M] [--times T] [--connections C] [--events E]

Measures what the service can take, then offers it T times that, from a process that waits for no answer. With E events
in each request the service has more to do for it, and the generator hardly. Exit code: 0 what must hold held, 1 it did
not, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const plan = readPlan();
  const closing = new Closing();
  try {
    const { engine, server } = await startService(closing);
    const generator = startLoadGenerator(plan.events, signal);
    closing.add('load generator', () => generator.close());
    const machine = await describeMachine(engine.endpoint);
    console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ClickHouse ${machine.clickhouse};`);
    console.log('the generator, the server and ClickHouse share these cores.');
    const report = await measureAll(plan, generator, server, signal);
    await shipped(server.url, signal);
    const verdict = await generator.check({ kind: 'check', endpoint: engine.endpoint, database: DATABASE });
    print(report, verdict);
    return holds(report, verdict) ? 0 : 1;
  } finally {
    await closing.close();
  }
});

function readPlan(): Plan {
  const { values } = readArguments({
    options: {
      minutes: { type: 'string' },
      times: { type: 'string' },
      connections: { type: 'string' },
      events: { type: 'string' },
    },
  });
  return {
    minutes: wholeOption('minutes', values.minutes, { min: 1, max: 10_080, fallback: 5 }),
    times: wholeOption('times', values.times, { min: 1, max: 100, fallback: 3 }),
    connections: wholeOption('connections', values.connections, { min: 1, max: 10_000, fallback: 300 }),
    events: wholeOption('events', values.events, { min: 1, max: 254, fallback: 1 }),
  };
}

interface Report {
  readonly capacityPerS: number;
  readonly unloaded: PhaseResult;
  readonly overloaded: PhaseResult;
  readonly recovered: PhaseResult;
  readonly offeredPerS: number;
  readonly unloadedGets: Latency;
  readonly gets: Latency;
  readonly failedGets: number;
  /** Of the server, in the second half of the overload: MiB, and MiB a minute. */
  readonly memoryMiB: number;
  readonly growthMiB: number;
}

async function measureAll(
  { minutes, times, connections }: Plan,
  generator: LoadGenerator,
  { url, pid }: { readonly url: string; readonly pid: number },
  signal: AbortSignal,
): Promise<Report> {
  const closedLoop = { url, connections: CAPACITY_CONNECTIONS };
  console.error('warming up, then measuring the capacity ...');
  await generator.run({ ...closedLoop, seconds: 5 });
  const { total } = await generator.run({ ...closedLoop, seconds: MEASURED_S });
  const capacityPerS = total.accepted / MEASURED_S;
  const ratePerS = Math.round(capacityPerS * UNLOADED_SHARE);
  const watcher = new Watcher(url, pid);
  const unloadedGets = createLatency();
  const unloaded = await watcher.during(
    generator.run({ url, connections, ratePerS, seconds: MEASURED_S }),
    unloadedGets,
    signal,
  );
  const offeredPerS = Math.round(capacityPerS * times);
  console.error(`capacity ${Math.round(capacityPerS)}/s; offering ${offeredPerS}/s for ${minutes} min ...`);
  const gets = createLatency();
  const samples: Sample[] = [];
  const overloaded = await watcher.during(
    generator.run({ url, connections, ratePerS: offeredPerS, seconds: minutes * 60 }),
    gets,
    signal,
    samples,
  );
  const recovered = await generator.run({ url, connections, ratePerS, seconds: 5 });
  const half = samples.slice(Math.floor(samples.length / 2));
  return {
    capacityPerS,
    unloaded,
    overloaded,
    recovered,
    offeredPerS,
    unloadedGets,
    gets,
    failedGets: watcher.failedGets,
    memoryMiB: half.at(-1)?.y ?? 0,
    growthMiB: slope(half),
  };
}

async function shipped(url: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + SHIPPED_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`${url}/health`, { signal });
    const { parts } = (await answer.json()) as { parts: { backlog: { events: number } } };
    if (parts.backlog.events === 0) return;
    if (performance.now() > deadline)
      throw new Error(`${parts.backlog.events} events still wait for ClickHouse, expected none by now`);
    await pause(1000, signal);
  }
}

function print(report: Report, verdict: Verdict): void {
  const { capacityPerS, unloaded, overloaded, recovered, offeredPerS } = report;
  const { windows, total, seconds, unsent, others, refusalsWithoutRetryAfter } = overloaded;
  const step = Math.max(1, Math.floor(windows.length / PRINTED_WINDOWS));
  console.log(PHASE_COLUMNS);
  let before = 0;
  for (const [i, window] of windows.entries()) {
    if (i % step === 0) console.log(line(window, window.atS - before));
    before = window.atS;
  }
  const { p50Ms, p99Ms } = unloaded.total;
  row(
    'capacity',
    `${Math.round(capacityPerS)}/s, ${CAPACITY_CONNECTIONS} connections that each wait for their answers`,
  );
  row('unloaded', `${Math.round(unloaded.total.sent / unloaded.seconds)}/s: p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}`);
  row(
    'offered',
    `${offeredPerS}/s for ${seconds} s; ${perS(total.sent, seconds)} were sent, ${perS(unsent, seconds)} found every connection busy`,
  );
  row(
    'accepted',
    `${perS(total.accepted, seconds)}: p50 ${ms(total.p50Ms)}, p99 ${ms(total.p99Ms)}, ${(total.p99Ms / p99Ms).toFixed(1)} times the unloaded one`,
  );
  row(
    'refused',
    `${perS(total.refused, seconds)}, ${refusalsWithoutRetryAfter} without Retry-After; ${others} other answers or ends`,
  );
  row(
    'GET',
    `p50 ${ms(report.gets.percentileMs(50))}, p99 ${ms(report.gets.percentileMs(99))} of ${report.gets.count} beside it (unloaded p99 ${ms(report.unloadedGets.percentileMs(99))}); ${report.failedGets} failed`,
  );
  row(
    'memory',
    `${report.memoryMiB.toFixed(0)} MiB at the end, growing by ${report.growthMiB.toFixed(1)} MiB/min in the second half`,
  );
  row('after it', `${recovered.total.refused} refused of ${recovered.total.sent}, p99 ${ms(recovered.total.p99Ms)}`);
  row(
    'ledger',
    `${verdict.acknowledged} acknowledged, ${verdict.missing} missing, ${verdict.twice} twice, ${verdict.refusedAndStored} refused and stored, ${verdict.unknownAndStored} unknown and stored`,
  );
}

function row(name: string, text: string): void {
  console.log(`${name.padEnd(12)} ${text}`);
}

function line({ atS, sent, accepted, refused, p50Ms, p99Ms }: Window, seconds: number): string {
  const rates = [sent, accepted, refused].map((count) => String(Math.round(count / seconds)).padStart(10));
  return `${String(atS).padStart(7)} ${rates.join(' ')} ${p50Ms.toFixed(1).padStart(8)} ${p99Ms.toFixed(1).padStart(8)}`;
}

function perS(count: number, seconds: number): string {
  return `${Math.round(count / seconds)}/s`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function holds({ unloaded, overloaded }: Report, verdict: Verdict): boolean {
  const { missing, twice, refusedAndStored } = verdict;
  const isStored = missing + twice + refusedAndStored === 0;
  const isInTime = overloaded.total.p99Ms < 10 * unloaded.total.p99Ms;
  return isStored && isInTime && overloaded.refusalsWithoutRetryAfter === 0;
}
