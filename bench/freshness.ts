import Table from 'cli-table3';
import { Closing } from '../server/closing.ts';
import { readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { measureFreshness, percentile, type Books, type Freshness } from './measure/freshness-probe.ts';
import { HOSTILITIES, type Hostility } from './traffic/hostile-bodies.ts';
import { startService } from './servers/service.ts';

/** After how long a click must be seen, whatever else is sent. */
const FRESH_MS = 2000;

const USAGE = `Usage: node .build/bench/freshness.js [--seconds S]

After how long a click of now is in GET /analytics while something hostile is sent beside it, and what memory the engine
takes. Each hostility has a service of its own.
Exit code: 0 every click was seen within two seconds (of a hundred, 99), 1 not so, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const { values } = readArguments({ options: { seconds: { type: 'string' } } });
  const seconds = wholeOption('seconds', values.seconds, { min: 1, max: 3600, fallback: 20 });
  const table = new Table({
    head: ['beside the clicks', 'clicks', 'p50 ms', 'p99 ms', 'max ms', 'not seen', 'engine MiB'],
    style: { head: [], border: [] },
  });
  let isFresh = true;
  for (const hostility of [undefined, ...HOSTILITIES]) {
    const measured = await measure(hostility, seconds, signal);
    signal.throwIfAborted();
    isFresh &&= measured.unseen === 0 && percentile(measured.seenAfterMs, 99) <= FRESH_MS;
    table.push(row(hostility?.what ?? 'nothing', measured));
  }
  console.log(table.toString());
  return isFresh ? 0 : 1;
});

async function measure(hostility: Hostility | undefined, seconds: number, signal: AbortSignal): Promise<Freshness> {
  const closing = new Closing();
  try {
    const { engine, server } = await startService(closing);
    const { url } = server;
    return await measureFreshness({ url, enginePid: engine.pid, hostility, seconds, books: books(), signal });
  } finally {
    await closing.close();
  }
}

function books(): Books {
  let users = 0;
  return { open: () => `user-${(users += 1)}`, settle: () => undefined };
}

function row(what: string, { seenAfterMs, unseen, engineBytes }: Freshness): string[] {
  const times = [50, 99, 100].map((percent) => percentile(seenAfterMs, percent).toFixed(0));
  return [what, String(seenAfterMs.length), ...times, String(unseen), (engineBytes / 2 ** 20).toFixed(0)];
}
