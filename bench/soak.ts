import { pause } from '../server/common/retry.ts';
import { Closing } from '../server/closing.ts';
import { readArguments, refusePositionals, runCommand, wholeFlag } from './command.ts';
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

/** A moment of the server: minutes since the start, resident MiB. */
interface Sample {
  readonly x: number;
  readonly y: number;
}

const SAMPLE_EVERY_MS = 5000;
const PRINTED_SAMPLES = 20;

const USAGE = `Usage: node .build/bench/soak.js [--minutes M] [--rate R] [--connections C]

Posts steadily to a server of its own and watches the server's resident memory.
Exit code: 0 measured, 1 there were errors or answers other than 2xx, 2 wrong arguments.`;

await runCommand(USAGE, async (args, signal) => {
  const soak = readOptions(args);
  const closing = new Closing();
  try {
    const { server } = await startService(closing);
    const [measured, samples] = await loadAndWatch(soak, server.url, server.pid, signal);
    signal.throwIfAborted();
    print(soak, measured, samples);
    return measured.non2xx + measured.errors === 0 ? 0 : 1;
  } finally {
    await closing.close();
  }
});

function readOptions(args: readonly string[]): Soak {
  const given = readArguments(args, ['minutes', 'rate', 'connections']);
  refusePositionals(given);
  return {
    minutes: wholeFlag(given, 'minutes', { min: 1, max: 10_080, fallback: 10 }),
    ratePerS: wholeFlag(given, 'rate', { min: 1, max: 1_000_000, fallback: 2000 }),
    connections: wholeFlag(given, 'connections', { min: 1, max: 10_000, fallback: 50 }),
  };
}

function loadAndWatch(
  { minutes, ratePerS, connections }: Soak,
  url: string,
  pid: number,
  signal: AbortSignal,
): Promise<[Measurement, Sample[]]> {
  const { currentEvent } = benchTraffic();
  const next = () => postRequest(currentEvent());
  const finished = new AbortController();
  const load = measure({ url, next, connections, ratePerS, extent: { seconds: minutes * 60 } }, signal);
  return Promise.all([load.finally(() => finished.abort()), watch(pid, finished.signal)]);
}

async function watch(pid: number, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startMs = performance.now();
  while (!signal.aborted) {
    samples.push({ x: (performance.now() - startMs) / 60_000, y: (await residentBytes(pid)) / 2 ** 20 });
    await pause(SAMPLE_EVERY_MS, signal);
  }
  return samples;
}

/** The second half says whether memory is flat: in the first, a process is still growing to its working size. */
function print({ minutes, ratePerS }: Soak, measured: Measurement, samples: readonly Sample[]): void {
  const step = Math.max(1, Math.floor(samples.length / PRINTED_SAMPLES));
  for (const { x, y } of samples.filter((_, i) => i % step === 0)) {
    console.log(`${x.toFixed(1).padStart(7)} min ${y.toFixed(1).padStart(8)} MiB`);
  }
  const growth = slope(samples.slice(Math.floor(samples.length / 2)));
  const answered = Math.round(measured.ratePerS);
  console.log(`${minutes} min at ${ratePerS}/s asked, ${answered}/s answered, p99 ${measured.p99Ms} ms,`);
  console.log(`  ${measured.non2xx} answers other than 2xx, ${measured.errors} errors`);
  console.log(`Resident memory of the server grows by ${growth.toFixed(2)} MiB/min in the second half.`);
}
