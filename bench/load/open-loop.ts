import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcomes } from './outcomes.ts';
import { RawConnection, type RawAnswer } from './raw-connection.ts';

export interface Phase {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** Arrivals per second, which wait for nobody's answer. Without it, each connection sends as soon as it has its answer. */
  readonly ratePerS?: number;
}

/** Some seconds of a phase. Latencies are of accepted requests, in milliseconds since they were due. */
export interface Window {
  readonly atS: number;
  readonly sent: number;
  readonly accepted: number;
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface PhaseResult {
  readonly seconds: number;
  /** Windows of `WINDOW_S` seconds each. */
  readonly windows: readonly Window[];
  /** Of the whole phase. */
  readonly total: Window;
  readonly refusalsWithoutRetryAfter: number;
  /** Answers that are neither 202 or 204 nor 503, and connections that ended. */
  readonly others: number;
  /** Arrivals that found every connection busy, and were not sent. */
  readonly unsent: number;
}

const WINDOW_S = 5;
const TICK_MS = 1;
/** For the answers of what was sent last. */
const PATIENCE_MS = 5000;

/** Runs one phase of clicks for the current hour: one by one with POST /analytics, or several in a body of POST /events. */
export async function runPhase(phase: Phase, outcomes: Outcomes): Promise<PhaseResult> {
  const run = new OpenLoop(phase, outcomes);
  return await run.toEnd();
}

class Counters {
  sent = 0;
  accepted = 0;
  refused = 0;
  readonly #latency: RecordableHistogram = createHistogram();

  record(ms: number): void {
    this.accepted += 1;
    this.#latency.record(Math.max(1, Math.round(ms * 1000)));
  }

  window(atS: number): Window {
    const { sent, accepted, refused } = this;
    const percentile = (percent: number) => (accepted === 0 ? 0 : this.#latency.percentile(percent) / 1000);
    return { atS, sent, accepted, refused, p50Ms: percentile(50), p99Ms: percentile(99) };
  }
}

class OpenLoop {
  readonly #phase: Phase;
  readonly #outcomes: Outcomes;
  readonly #url: URL;
  readonly #free: RawConnection[] = [];
  readonly #all = new Set<RawConnection>();
  readonly #windows: Window[] = [];
  readonly #total = new Counters();
  #startMs = 0;
  #window = new Counters();
  #busy = 0;
  #unsent = 0;
  #others = 0;
  #withoutRetryAfter = 0;
  #isOver = false;

  constructor(phase: Phase, outcomes: Outcomes) {
    this.#phase = phase;
    this.#outcomes = outcomes;
    this.#url = new URL(phase.url);
    for (let i = 0; i < phase.connections; i += 1) this.#open();
  }

  async toEnd(): Promise<PhaseResult> {
    const { seconds, ratePerS } = this.#phase;
    await Promise.all([...this.#all].map(async ({ opened }) => opened));
    this.#startMs = performance.now();
    let due = 0;
    let windowEndMs = WINDOW_S * 1000;
    for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - this.#startMs) {
      if (ratePerS === undefined) this.#sendOnAllFree();
      else for (; due < (elapsedMs / 1000) * ratePerS; due += 1) this.#arrive((due / ratePerS) * 1000);
      if (elapsedMs >= windowEndMs) {
        this.#endWindow(windowEndMs / 1000);
        windowEndMs += WINDOW_S * 1000;
      }
      await sleep(TICK_MS);
    }
    this.#isOver = true;
    this.#endWindow(seconds);
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#busy > 0 && performance.now() < deadline) await sleep(TICK_MS);
    for (const connection of this.#all) connection.close();
    return {
      seconds,
      windows: this.#windows,
      total: this.#total.window(seconds),
      refusalsWithoutRetryAfter: this.#withoutRetryAfter,
      others: this.#others,
      unsent: this.#unsent,
    };
  }

  #open(): void {
    const connection = new RawConnection(this.#url, () => {
      this.#all.delete(connection);
      if (this.#isOver) return;
      this.#others += 1;
      this.#open();
    });
    this.#all.add(connection);
    this.#free.push(connection);
  }

  #sendOnAllFree(): void {
    for (let count = this.#free.length; count > 0; count -= 1) {
      this.#arrive(performance.now() - this.#startMs);
    }
  }

  /** @param dueMs since the start */
  #arrive(dueMs: number): void {
    const connection = this.#free.pop();
    if (connection === undefined) {
      this.#unsent += 1;
      return;
    }
    const number = this.#outcomes.next();
    const { host } = this.#url;
    const { eventsPerRequest: events } = this.#outcomes;
    const request = events === 1 ? click(host, number) : body(host, number, events);
    this.#busy += 1;
    this.#total.sent += 1;
    this.#window.sent += 1;
    connection.send(request, (answer) => this.#answered(connection, number, dueMs, answer));
  }

  #answered(connection: RawConnection, number: number, dueMs: number, answer: RawAnswer): void {
    const { status, hasRetryAfter } = answer;
    this.#busy -= 1;
    this.#free.push(connection);
    const isAccepted = status === 202 || status === 204;
    this.#outcomes.answered(number, isAccepted);
    if (isAccepted) {
      const ms = performance.now() - this.#startMs - dueMs;
      this.#total.record(ms);
      this.#window.record(ms);
    } else if (status === 503) {
      this.#total.refused += 1;
      this.#window.refused += 1;
      if (!hasRetryAfter) this.#withoutRetryAfter += 1;
    } else {
      this.#others += 1;
    }
    if (!this.#isOver && this.#phase.ratePerS === undefined) this.#arrive(performance.now() - this.#startMs);
  }

  #endWindow(atS: number): void {
    this.#windows.push(this.#window.window(atS));
    this.#window = new Counters();
  }
}

function click(host: string, number: number): string {
  const target = `/analytics?timestamp=${Date.now()}&user=${number}&click`;
  return `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`;
}

function body(host: string, number: number, events: number): string {
  const line = `{"session_id":"overload","user":"${number}","category":"analytics","name":"click","timestamp":${Date.now()},"data":{"path":"/docs/getting-started"}}\n`;
  const head = `Host: ${host}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${line.length * events}`;
  return `POST /events HTTP/1.1\r\n${head}\r\n\r\n${line.repeat(events)}`;
}
