import { SingleBar } from 'cli-progress';
import { readApiKey } from '../server/config/environment.ts';
import { originOption, readArguments, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import type { Latency } from './measure/latency.ts';
import { isClean, simulate, type SimulationOptions, type SimulationReport } from './simulation.ts';
import { tallyTable } from './traffic/tally-table.ts';

const USAGE = `Usage: npm run simulate -- --events N [--users N] [--rate R] [--url U] [--seed N]

Posts N clicks and impressions, 95 % for the current hour and 5 % historic, while GETs run 95/5 beside them, and compares
what the GETs report with what was acknowledged.

  --events N   how many
  --users N    of how many users (default: 1000)
  --rate R     at most R events a second (default: as fast as the service takes them)
  --url U      where the service is (default: http://127.0.0.1:8080)
  --seed N     makes the same events again (default: 1)

CLICKHOUR_API_KEY: a key with the roles write and read, where the service wants one.
Exit code: 0 all is as acknowledged, 1 something differs or failed, 2 wrong arguments.

Example: npm run simulate -- --events 10000 --users 100`;

await runBench(USAGE, async (signal) => {
  const options = readOptions();
  const bar = new SingleBar({
    format: '{bar} {value}/{total} events, {eta_formatted} left',
    hideCursor: true,
    // Ctrl-C is ours: it ends the posting, and the tally follows.
    gracefulExit: false,
    clearOnComplete: true,
  });
  bar.start(options.events, 0);
  const report = await simulate(options, (done) => bar.update(done), signal).finally(() => bar.stop());
  print(options, report);
  return isClean(report) ? 0 : 1;
});

function readOptions(): SimulationOptions {
  const { values } = readArguments({
    options: {
      events: { type: 'string' },
      users: { type: 'string' },
      rate: { type: 'string' },
      url: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  return {
    url: originOption(values.url),
    events: wholeOption('events', values.events, { min: 1, max: 1_000_000_000 }),
    users: wholeOption('users', values.users, { min: 1, max: 1_000_000, fallback: 1000 }),
    ratePerS: wholeOption('rate', values.rate, { min: 1, max: 1_000_000, fallback: 0 }),
    seed: wholeOption('seed', values.seed, { min: 0, max: 2 ** 31, fallback: 1 }),
    apiKey: readApiKey(),
  };
}

function print({ events, url }: SimulationOptions, { record, tallies, elapsedMs }: SimulationReport): void {
  const { acknowledged, unknown, undelivered, rejected } = record.outcomes;
  const seconds = elapsedMs / 1000;
  console.log(tallyTable(tallies));
  console.log(`${record.eventsDone} of ${events} events to ${url} in ${seconds.toFixed(1)} s:`);
  console.log(`  acknowledged ${acknowledged} (${Math.round(acknowledged / seconds)}/s), unknown ${unknown}`);
  console.log(`  undelivered ${undelivered}, rejected ${rejected}, failed GETs ${record.failedReads}`);
  console.log(`  POST ${latencyText(record.posts)}`);
  console.log(`  GET  ${latencyText(record.reads)}`);
  for (const complaint of record.complaints) console.log(`  ${complaint}`);
  const wrong = tallies.filter(({ holds }) => !holds).length;
  const verdict = wrong === 0 ? `all ${tallies.length} hours equal` : `${wrong} of ${tallies.length} hours DIFFER`;
  console.log(`Tally: ${verdict}.`);
}

function latencyText(latency: Latency): string {
  const [p50, p99] = [50, 99].map((p) => latency.percentileMs(p).toFixed(2));
  return `p50 ${p50} ms, p99 ${p99} ms (${latency.count} requests)`;
}
