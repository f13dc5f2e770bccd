import { pause } from '../../server/common/retry.ts';
import { createHttpClient } from '../load/http-client.ts';
import type { Latency } from './latency.ts';
import { residentBytes } from './resident-memory.ts';

const SAMPLE_EVERY_MS = 1000;
const GET_EVERY_MS = 50;

/** Minutes since the start, and MiB. */
export interface Sample {
  readonly x: number;
  readonly y: number;
}

/** Beside a phase, asks for the current hour now and then, and looks at the server's memory. */
export class Watcher {
  readonly #url: string;
  readonly #pid: number;
  failedGets = 0;

  constructor(url: string, pid: number) {
    this.#url = url;
    this.#pid = pid;
  }

  async during<T>(phase: Promise<T>, gets: Latency, signal: AbortSignal, samples: Sample[] = []): Promise<T> {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const watching = Promise.all([this.#ask(gets, until), this.#sample(samples, until)]);
    try {
      return await phase;
    } finally {
      over.abort();
      await watching;
    }
  }

  async #ask(gets: Latency, signal: AbortSignal): Promise<void> {
    const client = createHttpClient(this.#url, { maxConnections: 1 });
    while (!signal.aborted) {
      const reply = await gets.time(() => client.request('GET', `/analytics?timestamp=${Date.now()}`));
      if (reply.kind !== 'answer' || reply.status !== 200) this.failedGets += 1;
      await pause(GET_EVERY_MS, signal);
    }
    client.close();
  }

  async #sample(samples: Sample[], signal: AbortSignal): Promise<void> {
    const startMs = performance.now();
    while (!signal.aborted) {
      const y = (await residentBytes(this.#pid)) / 2 ** 20;
      samples.push({ x: (performance.now() - startMs) / 60_000, y });
      await pause(SAMPLE_EVERY_MS, signal);
    }
  }
}
