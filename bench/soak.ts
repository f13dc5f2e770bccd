import { pause } from '../server/common/retry.ts';
import { Closing } from '../server/closing.ts';
import { readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { measure, type Measurement } from './measure/measure.ts';
import { residentBytes } from './measure/resident-memory.ts';
import { benchTraffic, postRequest } from './scenarios.ts';
import { startService } from './servers/service.ts';
import { slope } from './measure/statistics.ts';

interface Soak {
  readonly minutes: number;
  /** POSTs per second. */
  readonly ratePerS: number;
  readonly connections: number;
}

/** A moment: minutes since the start, and resident MiB. */
interface Sample {
  readonly atMin: number;
  readonly server: number;
  readonly engine: number;
}

const SAMPLE_EVERY_MS = 5000;
const PRINTED_SAMPLES = 20;

const USAGE = `Usage: node .build/bench/soak.js [--minutes M] [--rate R] [--connections C]

Posts clicks steadily to a server of its own and watches the resident memory of the server and of its ClickHouse.
Exit code: 0 measured, 1 there were errors or answers other than 2xx, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const soak = readOptions();
  const closing = new Closing();
  try {
    const { server, engine } = await startService(closing);
    const [measured, samples] = await loadAndWatch(soak, server.url, { server, engine }, signal);
    signal.throwIfAborted();
    print(soak, measured, samples);
    return measured.non2xx + measured.errors === 0 ? 0 : 1;
  } finally {
    await closing.close();
  }
});

function readOptions(): Soak {
  const { values } = readArguments({
    options: { minutes: { type: 'string' }, rate: { type: 'string' }, connections: { type: 'string' } },
  });
  return {
    minutes: wholeOption('minutes', values.minutes, { min: 1, max: 10_080, fallback: 10 }),
    ratePerS: wholeOption('rate', values.rate, { min: 1, max: 1_000_000, fallback: 2000 }),
    connections: wholeOption('connections', values.connections, { min: 1, max: 10_000, fallback: 50 }),
  };
}

function loadAndWatch(
  { minutes, ratePerS, connections }: Soak,
  url: string,
  watched: Watched,
  signal: AbortSignal,
): Promise<[Measurement, Sample[]]> {
  const { currentEvent } = benchTraffic();
  const next = () => postRequest(currentEvent());
  const finished = new AbortController();
  const load = measure({ url, next, connections, ratePerS, extent: { seconds: minutes * 60 } }, signal);
  return Promise.all([load.finally(() => finished.abort()), watch(watched, finished.signal)]);
}

/** Their ids may change: an engine that ended is started again. */
interface Watched {
  readonly server: { readonly pid: number };
  readonly engine: { readonly pid: number };
}

async function watch({ server, engine }: Watched, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startMs = performance.now();
  while (!signal.aborted) {
    const [ofServer, ofEngine] = await Promise.all([server.pid, engine.pid].map(residentBytes));
    samples.push({
      atMin: (performance.now() - startMs) / 60_000,
      server: (ofServer ?? NaN) / 2 ** 20,
      engine: (ofEngine ?? NaN) / 2 ** 20,
    });
    await pause(SAMPLE_EVERY_MS, signal);
  }
  return samples;
}

/** The second half says whether memory is flat: in the first, a process is still growing to its working size. */
function print({ minutes, ratePerS }: Soak, measured: Measurement, samples: readonly Sample[]): void {
  const step = Math.max(1, Math.floor(samples.length / PRINTED_SAMPLES));
  console.log('    min       server       engine');
  for (const { atMin, ...mib } of samples.filter((_, i) => i % step === 0)) {
    console.log(`${atMin.toFixed(1).padStart(7)} ${inMib(mib.server)} ${inMib(mib.engine)}`);
  }
  const second = samples.slice(Math.floor(samples.length / 2));
  const growth = (of: 'server' | 'engine') => slope(second.map((one) => ({ x: one.atMin, y: one[of] }))).toFixed(2);
  const answered = Math.round(measured.ratePerS);
  console.log(`${minutes} min at ${ratePerS}/s asked, ${answered}/s answered, p99 ${measured.p99Ms} ms,`);
  console.log(`  ${measured.non2xx} answers other than 2xx, ${measured.errors} errors`);
  console.log(
    `Resident memory, in MiB/min of the second half: server ${growth('server')}, engine ${growth('engine')}.`,
  );
}

function inMib(mib: number): string {
  return `${mib.toFixed(1)} MiB`.padStart(12);
}
