import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointEnv, type ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase } from '../support/clickhouse/clickhouse.ts';
import { apiKey } from '../support/http/api-keys.ts';
import { freePort } from '../support/server/free-port.ts';
import { startServer, type ServerProcess } from '../support/server/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { listAll, type Listed } from '../support/http/listed.ts';
import { startFaultProxy, type Fate, type FaultProxy } from './fault-proxy.ts';
import { eventsToSend, type Driver, type Sent } from './drivers/sent.ts';

/** The service of a run, in a process that is killed and started again. */
export interface Service {
  readonly proxy: FaultProxy;
  /** The key that the clients have: it writes alone. */
  readonly key: string;
  /** What is stored, once nothing more comes. */
  stored(): Promise<readonly Listed[]>;
  restart(): Promise<void>;
}

export interface ServiceOptions {
  readonly endpoint: ClickHouseEndpoint;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** What no service of the dialect answers. */
  readonly without: readonly Fate[];
  readonly corsOrigin?: string;
}

const READ_KEY = 'reader';
const FATES: readonly Fate[] = ['lose answer', 'lose request', 'delay', 503, 429];
/** Of the requests. */
const TROUBLE = 0.25;

/** @param closing where what is started is registered to be closed */
export async function startFaultyService(closing: Closing, options: ServiceOptions): Promise<Service> {
  const { endpoint, random, without, corsOrigin } = options;
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
  const fates = FATES.filter((fate) => !without.includes(fate));
  const fateOf = () => (random() < TROUBLE ? (fates[Math.floor(random() * fates.length)] ?? 'pass') : 'pass');
  const proxy = await startFaultProxy(() => server.url, fateOf);
  closing.add('proxy', () => proxy.close());
  return {
    proxy,
    key,
    stored: async () => {
      await server.stop();
      server = await startServer(env);
      return await listAll(server.url, { Authorization: `Bearer ${READ_KEY}` });
    },
    restart: async () => {
      await server.kill();
      server = await startServer(env);
    },
  };
}

/** What became of the events that a client was told to send. */
export interface Outcome {
  readonly sent: number;
  /** Those of which the client was told that they were taken. */
  readonly delivered: number;
  readonly stored: number;
  /** Delivered, and not there: there must be none. */
  readonly lost: readonly string[];
  /** There more than once, or not as they were sent: there must be none. */
  readonly wrong: readonly string[];
  readonly fates: ReadonlyMap<Fate, number>;
}

export interface Run {
  readonly driver: Driver;
  readonly events: number;
  readonly endpoint: ClickHouseEndpoint;
  readonly random: () => number;
  /** How often the service is killed, and started again, while events come, and how long it runs before each time. */
  readonly restarts: number;
  readonly restartAfterMs: number;
}

/** Has a client send its events through the faulty proxy to a service that is killed now and then. */
export async function runClient({ driver, events, endpoint, random, restarts, restartAfterMs }: Run): Promise<Outcome> {
  const closing = new Closing();
  try {
    const without = driver.neverMeets;
    const service = await startFaultyService(closing, { endpoint, random, without });
    const sent = eventsToSend(events, randomBytes(4).toString('hex'), Date.now());
    const restarting = (async () => {
      for (let restart = 0; restart < restarts; restart += 1) {
        await sleep(restartAfterMs);
        await service.restart();
      }
    })();
    await Promise.all([driver.send(service.proxy.url, service.key, sent), restarting]);
    return compare(sent, await service.stored(), service.proxy, driver);
  } finally {
    await closing.close();
  }
}

/** Compares what was sent with what is there. @param known what of an event the client was told to send */
export function compare(
  sent: readonly Sent[],
  stored: readonly Listed[],
  { delivered, fates }: Pick<FaultProxy, 'delivered' | 'fates'>,
  { category, name }: Pick<Driver, 'category' | 'name'>,
): Outcome {
  const told = new Set(delivered.flatMap((text) => text.match(/#[\w-]+#/g) ?? []));
  const byMarker = new Map<string, Listed[]>();
  for (const event of stored) {
    const [marker] = /#[\w-]+#/.exec(JSON.stringify(event.data)) ?? [];
    if (marker !== undefined) byMarker.set(marker, [...(byMarker.get(marker) ?? []), event]);
  }
  const lost: string[] = [];
  const wrong: string[] = [];
  for (const event of sent) {
    const { marker } = event;
    const [found, ...more] = byMarker.get(marker) ?? [];
    if (found === undefined) {
      if (told.has(marker)) lost.push(marker);
      continue;
    }
    const session = name === 'cloudevents' ? event.user : event.session;
    const expected = [category, event.name, event.user, session, event.timestamp.getTime()].join(' | ');
    const is = [found.category, found.name, found.user, found.session_id, Date.parse(found.timestamp)].join(' | ');
    if (more.length > 0) wrong.push(`${marker} is there ${more.length + 1} times`);
    if (is !== expected) wrong.push(`${marker}: received ${is}, expected ${expected}`);
  }
  return { sent: sent.length, delivered: told.size, stored: byMarker.size, lost, wrong, fates };
}
