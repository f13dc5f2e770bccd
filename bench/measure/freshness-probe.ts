import { pause } from '../../server/common/retry.ts';
import type { HostileRequest, Hostility } from '../traffic/hostile-bodies.ts';
import { hourStart, HOUR_MS } from '../traffic/hour.ts';
import { residentBytes } from './resident-memory.ts';

/** Who keeps books about every event that is sent, so that none is forgotten. */
export interface Books {
  /** A user that was never there, whose one event is about to be sent. */
  open(): string;
  /** Whether the events of these users were taken. */
  settle(users: readonly string[], isTaken: boolean): void;
}

export interface FreshnessOptions {
  readonly url: string;
  readonly enginePid: number;
  /** What is sent beside the clicks; undefined: nothing. */
  readonly hostility: Hostility | undefined;
  readonly seconds: number;
  readonly books: Books;
  readonly signal: AbortSignal;
}

export interface Freshness {
  /** From the acknowledgement of each click until `GET /analytics` counts it, in milliseconds, in ascending order. */
  readonly seenAfterMs: readonly number[];
  /** Clicks that were not seen in the end. */
  readonly unseen: number;
  /** The most that the engine has had, in bytes. */
  readonly engineBytes: number;
}

/** Ten people a second. */
const CLICK_EVERY_MS = 100;
const LOOK_EVERY_MS = 20;
/** How long the last clicks may take. */
const PATIENCE_MS = 30_000;
const SAMPLE_EVERY_MS = 100;

/** Clicks of now, one after the other, and how long each is not seen while something hostile goes on beside it. */
export async function measureFreshness(options: FreshnessOptions): Promise<Freshness> {
  const finished = new AbortController();
  const signal = AbortSignal.any([options.signal, finished.signal]);
  // A large body takes a second to make, in which nobody could look.
  const { hostility, books } = options;
  const prepared = Array.from(
    { length: hostility?.requests ?? 0 },
    () => hostility?.request(() => books.open(), Date.now()) ?? [],
  ).flat();
  const fromMs = hourStart(Date.now());
  const before = await countClicks(options.url, fromMs);
  const engineBytes = watchMemory(options.enginePid, signal);
  const hostile = beHostile(options, prepared, signal);
  const acknowledgedMs: number[] = [];
  const seenAfterMs: number[] = [];
  const clicking = click(options, acknowledgedMs);
  try {
    await look(options, clicking, acknowledgedMs, seenAfterMs, async () => {
      return (await countClicks(options.url, fromMs)) - before;
    });
  } finally {
    finished.abort();
    await Promise.all([clicking, hostile]);
  }
  return {
    seenAfterMs: seenAfterMs.sort((a, b) => a - b),
    unseen: acknowledgedMs.length - seenAfterMs.length,
    engineBytes: await engineBytes,
  };
}

/** The value that so many of a hundred do not exceed; NaN of nothing. @param sorted in ascending order */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? NaN;
}

async function click({ url, seconds, books, signal }: FreshnessOptions, acknowledgedMs: number[]): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline && !signal.aborted) {
    const user = books.open();
    const path = `/analytics?timestamp=${Date.now()}&user=${user}&click`;
    const isTaken = await post(url, { path, headers: {}, body: '' });
    books.settle([user], isTaken);
    if (isTaken) acknowledgedMs.push(performance.now());
    await pause(CLICK_EVERY_MS, signal);
  }
}

/** The n-th click is seen as soon as n are counted. */
async function look(
  { signal }: FreshnessOptions,
  clicking: Promise<void>,
  acknowledgedMs: readonly number[],
  seenAfterMs: number[],
  count: () => Promise<number>,
): Promise<void> {
  let deadline = Infinity;
  void clicking.then(() => (deadline = performance.now() + PATIENCE_MS));
  while (!signal.aborted && performance.now() < deadline) {
    const counted = Math.min(await count(), acknowledgedMs.length);
    const nowMs = performance.now();
    while (seenAfterMs.length < counted) {
      seenAfterMs.push(nowMs - (acknowledgedMs[seenAfterMs.length] ?? nowMs));
    }
    if (deadline !== Infinity && seenAfterMs.length === acknowledgedMs.length) return;
    await pause(LOOK_EVERY_MS, signal);
  }
}

/** Of an hour and, once it has begun, of the next. */
async function countClicks(url: string, fromMs: number): Promise<number> {
  const hours = hourStart(Date.now()) === fromMs ? [fromMs] : [fromMs, fromMs + HOUR_MS];
  const counts = await Promise.all(
    hours.map(async (ms) => {
      const answer = await fetch(`${url}/analytics?timestamp=${ms}`);
      return Number(/^clicks,(\d+)$/m.exec(await answer.text())?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, each) => sum + each, 0);
}

/** What is refused for the pressure is sent no more: its sender may try again later, and this one does not. */
async function beHostile(
  { url, hostility, books }: FreshnessOptions,
  prepared: readonly HostileRequest[],
  signal: AbortSignal,
): Promise<void> {
  if (hostility === undefined) return;
  const { everyMs, requests = Infinity, request } = hostility;
  const sendings = new Set<Promise<void>>();
  const startMs = performance.now();
  for (let sent = 0; sent < requests && !signal.aborted; sent += 1) {
    const { users, ...made } = prepared[sent] ?? request(() => books.open(), Date.now());
    const sending = post(url, made).then((isTaken) => books.settle(users, isTaken));
    sendings.add(sending);
    void sending.finally(() => sendings.delete(sending));
    await pause(Math.max(0, startMs + (sent + 1) * everyMs - performance.now()), signal);
  }
  await Promise.all(sendings);
}

async function post(
  url: string,
  { path, headers, body }: { path: string; headers: Readonly<Record<string, string>>; body: string },
): Promise<boolean> {
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  return answer.ok;
}

async function watchMemory(pid: number, signal: AbortSignal): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    most = Math.max(most, await residentBytes(pid));
    await pause(SAMPLE_EVERY_MS, signal);
  }
  return most;
}
