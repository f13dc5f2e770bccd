import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What became of the events that were sent, by their user; every event has a user of its own. */
export interface LoadReport {
  readonly sent: ReadonlySet<string>;
  /** Answered with 204. */
  readonly acknowledged: ReadonlySet<string>;
  /** Statuses other than 204, and how often. */
  readonly refusals: ReadonlyMap<number, number>;
  /** Connections that ended without an answer. */
  readonly broken: number;
}

export interface Load {
  /** Stops sending, waits for the answers that are under way, and reports. */
  stop(): Promise<LoadReport>;
}

export interface LoadOptions {
  /** Asked before each request, so that it may change when a server comes back at another address. */
  readonly url: () => string;
  readonly connections: number;
  readonly timestampMs: () => number;
  readonly prefix: string;
}

/** Posts clicks over many connections, one after the other on each, until it is stopped. */
export function startLoad({ url, connections, timestampMs, prefix }: LoadOptions): Load {
  const sent = new Set<string>();
  const acknowledged = new Set<string>();
  const refusals = new Map<number, number>();
  let broken = 0;
  const stop = new AbortController();
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  const send = async () => {
    while (!stop.signal.aborted) {
      const user = `${prefix}${sent.size}`;
      sent.add(user);
      const path = `/analytics?timestamp=${timestampMs()}&user=${user}&click`;
      const status = await post(new URL(path, url()), agent).catch(() => undefined);
      if (status === 204) acknowledged.add(user);
      else if (status === undefined) broken += 1;
      else refusals.set(status, (refusals.get(status) ?? 0) + 1);
      if (status !== 204) await sleep(5);
    }
  };
  const senders = Array.from({ length: connections }, send);
  return {
    stop: async () => {
      stop.abort();
      await Promise.all(senders);
      agent.destroy();
      return { sent, acknowledged, refusals, broken };
    },
  };
}

async function post(url: URL, agent: Agent): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent, timeout: 20_000 }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
      answer.once('error', reject);
    });
    sending.once('timeout', () => sending.destroy(new Error('no answer for 20 s')));
    sending.once('error', reject);
    sending.end();
  });
}
