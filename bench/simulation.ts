import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { pause } from '../server/common/retry.ts';
import { ask, deliver } from './traffic/delivery.ts';
import { HOUR_MS, hourStart } from './traffic/hour.ts';
import { FRESH_WITHIN_MS, readEachHour, tallyWhenSettled } from './traffic/hourly-answers.ts';
import { createHttpClient, expectReachable, type HttpClient } from './load/http-client.ts';
import { runLoad, take } from './load/http-load.ts';
import { RunRecord } from './traffic/run-record.ts';
import type { HourCounts, HourTally } from './traffic/tally.ts';
import { events, HISTORIC_HOURS, questions, randomSource, userNames } from './traffic/traffic.ts';

export interface SimulationOptions {
  /** Origin of the service. */
  readonly url: string;
  readonly events: number;
  readonly users: number;
  /** Events per second; 0 is as fast as it goes. */
  readonly ratePerS: number;
  /** The same seed gives the same sequence of hours, kinds and users (behind a prefix of the run's own). */
  readonly seed: number;
  /** With the roles `write` and `read`; undefined when the service wants none. */
  readonly apiKey?: string | undefined;
}

export interface SimulationReport {
  readonly record: RunRecord;
  readonly tallies: readonly HourTally[];
  /** From the first event to the last answer. */
  readonly elapsedMs: number;
}

const CONCURRENCY = 50;
const READS_PER_S = 20;
const READ_CONCURRENCY = 4;

/**
 * Posts events and asks questions beside them, then compares every touched hour with what was acknowledged. What the
 * hours held before is taken into account; nobody else may post to them meanwhile.
 * @param onProgress called after each event with how many are done
 * @param signal aborted: stops posting, and still compares what was posted until then
 */
export async function simulate(
  options: SimulationOptions,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<SimulationReport> {
  const { url, apiKey } = options;
  const client = createHttpClient(url, { maxConnections: CONCURRENCY + READ_CONCURRENCY, apiKey });
  try {
    await expectReachable(client);
    const baseline = await readBaseline(client, signal);
    const record = new RunRecord();
    const startMs = performance.now();
    await postAndAsk(options, client, record, onProgress, signal);
    const elapsedMs = performance.now() - startMs;
    const expected = record.ledger.expected(baseline);
    const never = new AbortController().signal;
    setMaxListeners(0, never);
    const tallies = await tallyWhenSettled(expected, () => readEachHour(client, [...expected.keys()], never), never);
    return { record, tallies, elapsedMs };
  } finally {
    client.close();
  }
}

/** Whether the run gives no cause for doubt about the service: everything arrived, and every hour is right. */
export function isClean({ record, tallies }: SimulationReport): boolean {
  const { undelivered, rejected } = record.outcomes;
  return undelivered + rejected + record.failedReads === 0 && tallies.every(({ holds }) => holds);
}

/** Waits first: an event that somebody posted just before would otherwise be counted for ours. */
async function readBaseline(client: HttpClient, signal: AbortSignal): Promise<Map<number, HourCounts>> {
  await pause(FRESH_WITHIN_MS, signal);
  const firstHourMs = hourStart(Date.now()) - HISTORIC_HOURS * HOUR_MS;
  const hours = Array.from({ length: HISTORIC_HOURS + 2 }, (_, i) => firstHourMs + i * HOUR_MS);
  return readEachHour(client, hours, signal);
}

async function postAndAsk(
  options: SimulationOptions,
  client: HttpClient,
  record: RunRecord,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const posted = new AbortController();
  const stopAsking = AbortSignal.any([signal, posted.signal]);
  // Names no other run uses, so that each is a new unique user of the hours it is seen in.
  const users = userNames(`sim-${randomBytes(6).toString('hex')}`, options.users, options.seed);
  const posting = runLoad({
    items: take(events(randomSource(options.seed), users, Date.now), options.events),
    concurrency: CONCURRENCY,
    ratePerS: options.ratePerS,
    signal,
    handle: async (event) => {
      record.event(event, await deliver(event, client, record.posts, signal));
      onProgress(record.eventsDone);
    },
  });
  const asking = runLoad({
    items: questions(randomSource(options.seed + 1), Date.now),
    concurrency: READ_CONCURRENCY,
    ratePerS: READS_PER_S,
    signal: stopAsking,
    handle: async (timestampMs) => {
      record.read(await ask(client, `/analytics?timestamp=${timestampMs}`, {}, record.reads, signal));
    },
  });
  await Promise.all([posting.finally(() => posted.abort()), asking]);
}
