import { str } from 'envalid';
import { DAY_MS, KIB, MIB } from '../common/units.ts';
import type { LogLevel } from '../common/log.ts';
import { defaults } from './config.ts';
import {
  apiKeys,
  bytes,
  cidrs,
  clusterName,
  hostNames,
  httpUrls,
  identifier,
  oneOf,
  origins,
  rate,
  whole,
} from './environment-values.ts';

const LOG_LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const flag = whole(0, 1);
const days = whole(1, 36_500);
const pause = whole(1, 60_000);
const lifetime = whole(0, 60_000);
const future = whole(0, 36_500 * DAY_MS);
const bodyBytes = bytes(1, 128 * MIB);
// With less there is no room for the first event.
const journalBytes = bytes(32 * KIB, Number.MAX_SAFE_INTEGER);
// Below what one process takes in connections, so that streams leave some for everything else.
const readers = whole(1, 9_000);

/**
 * Every variable of the service: how it is read, its default, and what it means. `docs/configuration.md` and the help of
 * `npm start` are made of this.
 */
export const variables = {
  HOST: str({ default: defaults.host, desc: 'The address to listen on' }),
  PORT: whole(0, 65_535)({ default: defaults.port, desc: 'The port to listen on; 0 takes a free one and prints it' }),
  DATA_DIR: str({ default: './data', desc: 'Holds the journal and the embedded engine; a local disk' }),
  CLICKHOUSE_URL: httpUrls({
    default: undefined,
    desc: 'A ClickHouse server, or all nodes of a cluster; unset: the embedded engine',
  }),
  CLICKHOUSE_USER: str({ default: 'default', desc: 'The user that creates and alters tables' }),
  CLICKHOUSE_PASSWORD: str({ default: '', desc: 'The password of every user that has none of its own below' }),
  CLICKHOUSE_INGEST_USER: str({ default: undefined, desc: 'The user who inserts; unset: CLICKHOUSE_USER' }),
  CLICKHOUSE_INGEST_PASSWORD: str({
    default: undefined,
    desc: 'Of CLICKHOUSE_INGEST_USER; unset: CLICKHOUSE_PASSWORD',
  }),
  CLICKHOUSE_QUERY_USER: str({ default: undefined, desc: 'The user who reads; unset: CLICKHOUSE_USER' }),
  CLICKHOUSE_QUERY_PASSWORD: str({ default: undefined, desc: 'Of CLICKHOUSE_QUERY_USER; unset: CLICKHOUSE_PASSWORD' }),
  CLICKHOUSE_ANALYST_USER: str({ default: undefined, desc: 'The user of `npm run sql`; unset: CLICKHOUSE_USER' }),
  CLICKHOUSE_ANALYST_PASSWORD: str({
    default: undefined,
    desc: 'Of CLICKHOUSE_ANALYST_USER; unset: CLICKHOUSE_PASSWORD',
  }),
  CLICKHOUSE_DATABASE: identifier({ default: defaults.database, desc: 'The database; created when it is not there' }),
  CLICKHOUSE_CLUSTER: clusterName({ default: undefined, desc: 'The name of the cluster; unset: one node' }),
  CLICKHOUSE_EMBEDDED: flag({
    default: 0,
    desc: '1: CLICKHOUSE_URL is the embedded engine of another process, which is asked whether its writes failed',
  }),
  BATCH_MAX_WAIT_MS: pause({
    default: defaults.journal.batchMaxWaitMs,
    desc: 'How much time passes between two INSERTs into one table under load; after a pause an event is sent at once',
  }),
  CACHE_TTL_MS: lifetime({
    default: defaults.cache.ttlMs,
    desc: 'How long an answer may be reused: about the current hour, and of series, funnel, retention, categories and names; about a past hour 500 ms at most',
  }),
  MAX_BODY_BYTES: bodyBytes({
    default: defaults.maxBodyBytes,
    desc: 'One body, decompressed; above it 413. Behind nginx, nginx.conf has the same limit',
  }),
  SCHEMAS_DIR: str({
    default: undefined,
    desc: 'Holds `<category>/<name>.json`, the JSON Schemas that `data` must satisfy. Unset: `./schemas`, or, where there is no such folder, those that come with clickhour. An empty folder: none',
  }),
  MAX_FUTURE_MS: future({
    default: defaults.maxFutureMs,
    desc: 'How far ahead of this clock the timestamp of an event may be',
  }),
  JOURNAL_MAX_BYTES: journalBytes({
    default: defaults.journal.maxBytes,
    desc: 'The journal of each process; above it events are refused with 503',
  }),
  LIVE_MAX_READERS: readers({
    default: defaults.live.maxReaders,
    desc: 'Streams of each process; above it they are refused with 503',
  }),
  API_KEYS: apiKeys({
    default: defaults.trust.keys,
    desc: 'Who may write and read: `[{"application": "shop", "sha256": "<hex of the hash>", "roles": ["write", "read"]}]`; an entry may have `"reads": "own"` and a `"rate"`, too (docs/api.md)',
  }),
  TRUSTED_NETWORKS: cidrs({ default: defaults.trust.networks, desc: 'Networks that may write without a key' }),
  TRUSTED_PROXIES: cidrs({
    default: defaults.trust.proxies,
    desc: 'Proxies whose X-Forwarded-For names the client',
  }),
  RATE_PER_ADDRESS: rate({
    default: undefined,
    desc: 'What an address without a key may do, such as `{"events_per_second": 100}`; unset: no limit',
  }),
  CORS_ORIGINS: origins({
    default: defaults.corsOrigins,
    desc: 'Origins whose pages in browsers may call this service, `*` for any',
  }),
  ALLOWED_HOSTS: hostNames({
    default: defaults.allowedHosts,
    desc: 'Host names the server answers to, `*` for any. Unset, without keys and networks: the names of this machine, and on an address that is not loopback also IP addresses and names without a dot. Unset, with keys or networks: any name, but a page of another origin does not get the rights of its network',
  }),
  ALLOW_ANONYMOUS: flag({ default: 0, desc: '1: listen beyond loopback although everything is open to everybody' }),
  LOG_LEVEL: oneOf(LOG_LEVELS)({ default: defaults.logLevel, desc: 'The lowest level that is logged' }),
  WORKERS: whole(1, 256)({ default: defaults.workers, desc: 'Processes that share the address and the load' }),
  RETENTION_DAYS: days({ default: undefined, desc: 'How many days raw events are kept; counts stay. Unset: for ever' }),
};
