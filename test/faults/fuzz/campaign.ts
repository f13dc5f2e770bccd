import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { residentBytes } from '../../../bench/measure/resident-memory.ts';
import type { OpenApi } from '../../support/http/documented.ts';
import { Exchanges } from './exchange.ts';
import { requestArbitrary, type FuzzRequest } from './requests.ts';

export interface CampaignOptions {
  readonly url: string;
  /** Of the server, whose memory and open files are watched. */
  readonly pid: number;
  readonly inputs: number;
  /** The same seed makes the same inputs for the same operations. */
  readonly seed: number;
  readonly onProgress?: (done: number, violations: number) => void;
  /** Hears of the first of them as they come. */
  readonly onViolation?: (violation: Violation) => void;
}

export interface Campaign {
  readonly inputs: number;
  readonly seed: number;
  /** How often each final status came; `none` is a connection that ended without. */
  readonly statuses: ReadonlyMap<string, number>;
  readonly operations: ReadonlySet<string>;
  /** The first of them, each with its input. */
  readonly violations: readonly Violation[];
  readonly violationCount: number;
  /** Of the server, when it was warm and at the end. Files and sockets are known on Linux alone. */
  readonly before: Resources;
  readonly after: Resources;
  readonly seconds: number;
}

export interface Violation {
  readonly operation: string;
  readonly what: string;
  readonly request: string;
}

export interface Resources {
  readonly memoryMiB: number;
  readonly files: number | undefined;
}

const LANES = 16;
const BATCH = 500;
const WARM_SHARE = 0.1;
const KEPT_VIOLATIONS = 20;
/** For the sockets of the last inputs to be gone. */
const SETTLE_MS = 3000;

/** Sends made-up requests to every documented operation of a server, and holds its answers to what must always hold. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { url, pid, inputs, seed, onProgress, onViolation } = options;
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
  const statuses = new Map<string, number>();
  const operations = new Set<string>();
  const violations: Violation[] = [];
  let violationCount = 0;
  let done = 0;
  let before = await resources(pid);
  let isWarm = false;
  const started = performance.now();
  const requests = generate(document, seed, inputs);

  const lane = async () => {
    const exchanges = new Exchanges(url);
    for (const request of requests) {
      const { status, violations: found } = await exchanges.send(request);
      statuses.set(String(status ?? 'none'), (statuses.get(String(status ?? 'none')) ?? 0) + 1);
      operations.add(request.operation);
      violationCount += found.length;
      for (const what of found) {
        if (violations.length === KEPT_VIOLATIONS) break;
        const { operation, text } = request;
        const violation = { operation, what, request: JSON.stringify(text.slice(0, 500)) };
        violations.push(violation);
        onViolation?.(violation);
      }
      done += 1;
      if (done % BATCH === 0) onProgress?.(done, violationCount);
      if (!isWarm && done >= inputs * WARM_SHARE) {
        isWarm = true;
        before = { ...(await resources(pid)), files: before.files };
      }
    }
    exchanges.close();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (performance.now() - started) / 1000;
  const after = await settled(pid, before);
  return { inputs: done, seed, statuses, operations, violations, violationCount, before, after, seconds };
}

/** One generator for all lanes: each takes the next. */
function* generate(document: OpenApi, seed: number, inputs: number): Generator<FuzzRequest, void> {
  const arbitrary = requestArbitrary(document);
  for (let made = 0; made < inputs; made += BATCH) {
    yield* fc.sample(arbitrary, { seed: seed + made, numRuns: Math.min(BATCH, inputs - made) });
  }
}

async function settled(pid: number, before: Resources): Promise<Resources> {
  const deadline = performance.now() + SETTLE_MS;
  let now = await resources(pid);
  while ((now.files ?? 0) > (before.files ?? 0) && performance.now() < deadline) {
    await sleep(100);
    now = await resources(pid);
  }
  return now;
}

async function resources(pid: number): Promise<Resources> {
  const memoryMiB = (await residentBytes(pid)) / 2 ** 20;
  const files = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
  return { memoryMiB, files: files?.length };
}
