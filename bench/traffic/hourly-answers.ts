import { NO_KEY } from '../../server/cli/command.ts';
import { AppError, show } from '../../server/common/errors.ts';
import { ask, describeReply } from './delivery.ts';
import type { HttpClient } from '../load/http-client.ts';
import { createLatency } from '../measure/latency.ts';
import { compare, type ExpectedCounts, type HourCounts, type HourTally } from './tally.ts';
import { pause } from '../../server/common/retry.ts';

/** The contract: an acknowledged event is in every answer within this time. Milliseconds. */
export const FRESH_WITHIN_MS = 2000;
const GIVE_UP_AFTER_MS = 3 * FRESH_WITHIN_MS;
const POLL_EVERY_MS = 200;

/** Reads hours, by the start of each. */
export type HoursReader = () => Promise<Map<number, HourCounts>>;

/** Asks `GET /analytics` for each of these hours, past any cache. */
export async function readEachHour(
  client: HttpClient,
  hours: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, HourCounts>> {
  const read = async (hourMs: number) => {
    const found = parseHour(await getJson(client, `/analytics?timestamp=${hourMs}`, signal));
    return [hourMs, found.counts] as const;
  };
  return new Map(await Promise.all(hours.map(read)));
}

/** Reads until everything is as expected, or it is not in a read that begins after three times as long as the service may take. */
export async function tallyWhenSettled(
  expected: ReadonlyMap<number, ExpectedCounts>,
  read: HoursReader,
  signal: AbortSignal,
): Promise<HourTally[]> {
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    const isLast = performance.now() > deadlineMs;
    const tallies = compare(expected, await read());
    const settled = tallies.every(({ holds }) => holds);
    if (settled || isLast || signal.aborted) return tallies;
    await pause(POLL_EVERY_MS, signal);
  }
}

/** Whether a text is what `GET /analytics` answers by default. */
export function isHourText(text: string): boolean {
  return /^unique_users,\d+\nclicks,\d+\nimpressions,\d+\n$/.test(text);
}

async function getJson(client: HttpClient, path: string, signal: AbortSignal): Promise<unknown> {
  const headers = { accept: 'application/json', 'cache-control': 'no-cache' };
  const reply = await ask(client, path, headers, createLatency(), signal);
  if (reply.kind === 'answer' && reply.status === 200) return JSON.parse(reply.body);
  const hint = reply.kind === 'answer' && [401, 403].includes(reply.status) ? `; ${NO_KEY}` : '';
  const message = `GET ${client.origin}${path}: received ${show(describeReply(reply), 300)}, expected 200${hint}`;
  throw new AppError('unavailable', message);
}

function parseHour(value: unknown): { readonly hourMs: number; readonly counts: HourCounts } {
  if (!isRecord(value)) throw unexpected(value, 'an hour');
  const hourMs = typeof value['hour'] === 'string' ? Date.parse(value['hour']) : NaN;
  const [uniqueUsers, clicks, impressions] = [value['unique_users'], value['clicks'], value['impressions']];
  if (Number.isNaN(hourMs) || !isCount(uniqueUsers) || !isCount(clicks) || !isCount(impressions)) {
    throw unexpected(value, '{"hour", "unique_users", "clicks", "impressions"}');
  }
  return { hourMs, counts: { uniqueUsers, clicks, impressions } };
}

function unexpected(received: unknown, expected: string): AppError {
  return new AppError('internal', `the server answered ${show(received, 300)}, expected ${expected}`);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
