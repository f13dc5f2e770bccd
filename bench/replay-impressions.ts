import { readFile } from 'node:fs/promises';
import { invalid, show } from '../server/common/errors.ts';
import { readArguments, runCommand, urlFlags } from './command.ts';
import { deliver } from './traffic/delivery.ts';
import { HOUR_MS, hourStart } from './traffic/hour.ts';
import { readHours, tallyWhenSettled } from './traffic/hourly-answers.ts';
import { createHttpClient, expectReachable, type HttpClient } from './load/http-client.ts';
import { runLoad } from './load/http-load.ts';
import { parseImpressions } from './traffic/impressions-csv.ts';
import { RunRecord } from './traffic/run-record.ts';
import { tallyTable } from './traffic/tally-table.ts';
import { EXPECT_NOTHING, type HourTally } from './traffic/tally.ts';
import type { AnalyticsEvent } from './traffic/traffic.ts';

const CONCURRENCY = 50;

const USAGE = `Usage: node .build/bench/replay-impressions.js FILE.csv [--url U [--url U2 ...]]

Posts the rows round-robin to the servers (of one database), then compares what each reports for all hours of the
file with the file. The database must not hold other events in those hours.
Exit code: 0 equal, 1 something differs or failed, 2 wrong arguments.`;

await runCommand(USAGE, async (args, signal) => {
  const given = readArguments(args, ['url']);
  const [file, ...more] = given.positionals;
  if (file === undefined || more.length > 0) {
    throw invalid([{ path: 'FILE', message: `received ${show(given.positionals)}, expected one CSV file` }]);
  }
  const events = parseImpressions(await readFile(file, 'utf8'));
  const clients = urlFlags(given, 'http://127.0.0.1:8080').map((url) =>
    createHttpClient(url, { maxConnections: CONCURRENCY }),
  );
  try {
    await Promise.all(clients.map(expectReachable));
    const record = await post(events, clients, signal);
    let clean = record.outcomes.acknowledged === events.length;
    for (const client of clients) {
      const tallies = await compareHours(events, record, client, signal);
      clean = printServer(client.origin, tallies) && clean;
    }
    return clean ? 0 : 1;
  } finally {
    for (const client of clients) client.close();
  }
});

async function post(
  events: readonly AnalyticsEvent[],
  clients: readonly HttpClient[],
  signal: AbortSignal,
): Promise<RunRecord> {
  const record = new RunRecord();
  const startMs = performance.now();
  let turns = 0;
  await runLoad({
    items: events.values(),
    concurrency: CONCURRENCY,
    ratePerS: 0,
    signal,
    handle: async (event) => {
      const client = clients[(turns += 1) % clients.length];
      if (client !== undefined) record.event(event, await deliver(event, client, record.posts, signal));
    },
  });
  const seconds = (performance.now() - startMs) / 1000;
  const { acknowledged, unknown, undelivered, rejected } = record.outcomes;
  console.log(`${acknowledged} of ${events.length} events acknowledged in ${seconds.toFixed(1)} s;`);
  console.log(`  unknown ${unknown}, undelivered ${undelivered}, rejected ${rejected}`);
  for (const complaint of record.complaints) console.log(`  ${complaint}`);
  return record;
}

/** Hours of the file's span in which nothing happened must be zeros. */
async function compareHours(
  events: readonly AnalyticsEvent[],
  { ledger }: RunRecord,
  client: HttpClient,
  signal: AbortSignal,
): Promise<HourTally[]> {
  const touched = events.map(({ timestampMs }) => hourStart(timestampMs));
  const fromMs = touched.reduce((a, b) => Math.min(a, b), Infinity);
  const toMs = touched.reduce((a, b) => Math.max(a, b), -Infinity) + HOUR_MS;
  const expected = ledger.expected(new Map());
  for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
    if (!expected.has(hourMs)) expected.set(hourMs, EXPECT_NOTHING);
  }
  return tallyWhenSettled(expected, () => readHours(client, fromMs, toMs, signal), signal);
}

function printServer(origin: string, tallies: readonly HourTally[]): boolean {
  const sum = (count: (tally: HourTally) => number) => tallies.reduce((total, tally) => total + count(tally), 0);
  const users = sum(({ reported }) => reported.uniqueUsers);
  const clicks = sum(({ reported }) => reported.clicks);
  const impressions = sum(({ reported }) => reported.impressions);
  const wrong = tallies.filter(({ holds }) => !holds);
  if (wrong.length > 0) console.log(tallyTable(wrong));
  console.log(`${origin} reports for ${tallies.length} hours: ${impressions} impressions, ${clicks} clicks,`);
  console.log(`  hourly unique users that add up to ${users}; ${tallies.length - wrong.length} hours equal`);
  return wrong.length === 0;
}
