import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase } from '../support/clickhouse/clickhouse.ts';
import { apiKey } from '../support/http/api-keys.ts';
import { listAll, listRejected } from '../support/http/listed.ts';
import { freePort } from '../support/server/free-port.ts';
import { startServer, type ServerProcess } from '../support/server/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { compare, type Outcome, type Stored } from './compare.ts';
import { eventsToSend, type Driver } from './drivers/sent.ts';
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.ts';

/** The service of a run, in a process that is killed and started again. */
export interface Service {
  readonly proxy: FaultProxy;
  /** The key that the clients have: it writes alone. */
  readonly key: string;
  /** What is stored, once nothing more comes. */
  stored(): Promise<Stored>;
  restart(): Promise<void>;
}

export interface ServiceOptions {
  readonly endpoint: ClickHouseEndpoint;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** The share of the requests that meet with trouble, now. */
  readonly trouble: () => number;
  /** What no service of the dialect answers. */
  readonly without: readonly Fault[];
  /** Of the pages that may send. */
  readonly corsOrigin?: string | undefined;
}

const READ_KEY = 'reader';
const FAULTS: readonly Fault[] = ['lose answer', 'lose request', 'delay', 503, 429];
/** Of the requests. */
const TROUBLE = 0.25;

/** @param closing where what is started is registered to be closed */
export async function startFaultyService(closing: Closing, options: ServiceOptions): Promise<Service> {
  const { endpoint, random, trouble, without, corsOrigin } = options;
  const key = `page-${randomBytes(6).toString('hex')}`;
  const database = await testDatabase(endpoint);
  closing.add('database', () => database.drop());
  const directory = await tempDir();
  closing.add('directory', () => directory.remove());
  const env = {
    ...endpointEnv(endpoint),
    CLICKHOUSE_DATABASE: database.name,
    DATA_DIR: directory.path,
    PORT: String(await freePort()),
    BATCH_MAX_WAIT_MS: '50',
    API_KEYS: JSON.stringify([apiKey(key, 'shop', 'write'), apiKey(READ_KEY, 'desk', 'read')]),
    ...(corsOrigin === undefined ? {} : { CORS_ORIGINS: corsOrigin }),
  };
  let server: ServerProcess = await startServer(env);
  closing.add('server', () => server.stop());
  const faults = FAULTS.filter((fault) => !without.includes(fault));
  const faultOf = (): Fault =>
    random() < trouble() ? (faults[Math.floor(random() * faults.length)] ?? 'pass') : 'pass';
  const proxy = await startFaultProxy(() => server.url, faultOf);
  closing.add('proxy', () => proxy.close());
  return {
    proxy,
    key,
    stored: async () => {
      await server.stop();
      server = await startServer(env);
      const headers = { Authorization: `Bearer ${READ_KEY}` };
      return { events: await listAll(server.url, headers), rejected: await listRejected(server.url, headers) };
    },
    restart: async () => {
      await server.kill();
      server = await startServer(env);
    },
  };
}

export interface Run {
  readonly driver: Driver;
  readonly events: number;
  /** Whose events they are; twenty unless it is said. */
  readonly users?: number;
  readonly endpoint: ClickHouseEndpoint;
  readonly random: () => number;
  /** How often the service is killed, and started again, while events come, and how long it runs before each time. */
  readonly restarts: number;
  readonly restartAfterMs: number;
}

/** Has a client send its events through the faulty proxy to a service that is killed now and then. */
export async function runClient(run: Run): Promise<Outcome> {
  const { driver, endpoint, random, restarts, restartAfterMs } = run;
  const closing = new Closing();
  try {
    const client = await driver.start(closing);
    let trouble = TROUBLE;
    const service = await startFaultyService(closing, {
      endpoint,
      random,
      trouble: () => trouble,
      without: driver.neverMeets,
      corsOrigin: client.origin,
    });
    const { proxy, key } = service;
    const events = eventsToSend(run.events, randomBytes(4).toString('hex'), Date.now(), run.users);
    const heal = () => {
      trouble = 0;
    };
    const destination = { url: proxy.url, key, delivered: proxy.delivered, heal };
    const sent = await meanwhile(
      async () => client.send(destination, events),
      async (signal) => {
        for (let restart = 0; restart < restarts; restart += 1) {
          await sleep(restartAfterMs, undefined, { signal }).catch(() => undefined);
          if (signal.aborted) return;
          await service.restart();
        }
      },
    );
    return compare(sent, await service.stored(), proxy, driver);
  } finally {
    await closing.close();
  }
}

/** What `act` brings. Then, whatever came of it, the other is told to end, and has ended. */
async function meanwhile<T>(act: () => Promise<T>, other: (signal: AbortSignal) => Promise<void>): Promise<T> {
  const end = new AbortController();
  const ended = other(end.signal);
  try {
    return await act();
  } finally {
    end.abort();
    await ended;
  }
}
