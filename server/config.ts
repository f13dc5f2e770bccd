import path from 'node:path';
import { cleanEnv, EnvMissingError, str } from 'envalid';
import type { LogLevel } from './log.ts';
import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';
import {
  apiKeys,
  bytes,
  cidrs,
  clusterName,
  GIB,
  httpUrls,
  identifier,
  MIB,
  oneOf,
  origins,
  rate,
  whole,
} from './config-values.ts';
import { AppError, show, type Issue } from './errors.ts';
import { readSecretFiles } from './secret-files.ts';
import { isOpen, type TrustRules } from './trust/trust.ts';

/** Everything that can be set from outside, and every limit. Sizes are bytes, times are milliseconds. */
export interface Config {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** How long a stopping server waits for one more request on each open connection, to answer that it stops. */
  readonly drainMs: number;
  readonly dataDir: string;
  /** `undefined`: the embedded engine under `dataDir`. */
  readonly clickhouse: ClickHouseEndpoint | undefined;
  readonly database: string;
  readonly logLevel: LogLevel;
  readonly workers: number;
  /** How far ahead of this server's clock an event's timestamp may be. */
  readonly maxFutureMs: number;
  readonly maxBodyBytes: number;
  readonly requestTimeoutMs: number;
  /** Of all bodies that are being read, decompressed; above it they are refused with 503. Their rows take up to three times that. */
  readonly bodiesMaxBytes: number;
  /** Holds `<category>/<name>.json`, the JSON Schemas of payloads. */
  readonly schemasDir: string;
  readonly journal: JournalLimits;
  readonly cache: CacheLimits;
  readonly questions: QuestionLimits;
  readonly admission: AdmissionLimits;
  readonly live: LiveLimits;
  readonly trust: TrustRules;
  /** Whose pages in browsers may call this server, `*` for all; none by default. */
  readonly corsOrigins: readonly string[];
}

export interface JournalLimits {
  /** A segment is sealed when its first row is this old, or ... */
  readonly batchMaxWaitMs: number;
  /** ... when it holds this many bytes, which bounds one INSERT. */
  readonly segmentMaxBytes: number;
  /** All segments of this process together; above it events are refused with 503. */
  readonly maxBytes: number;
  /** Rows in memory that wait for the disk; above it events are refused with 503. */
  readonly pendingMaxBytes: number;
}

export interface CacheLimits {
  /** How long an answer about the current hour may be reused. */
  readonly ttlMs: number;
  /** How many hours keep their unique users between questions. */
  readonly maxHours: number;
}

/** What one query for an answer about events may use of ClickHouse; over any of them it ends with an error. */
export interface QuestionLimits {
  readonly maxSeconds: number;
  readonly maxMemoryBytes: number;
  /** After the indexes have ruled out what they can. */
  readonly maxRowsRead: number;
  readonly maxResultBytes: number;
}

/** When there are more requests than this process has time for; see `http/admission.ts`. */
export interface AdmissionLimits {
  /** A turn of the event loop that takes longer than this is a long one, if it brought so many requests ... */
  readonly longTurnMs: number;
  readonly longTurnRequests: number;
  /** ... and so many of them in a row are overload. */
  readonly longTurns: number;
  /** Then a turn takes writes for so long ... */
  readonly writeTurnMs: number;
  /** ... and reads for so long. */
  readonly readTurnMs: number;
  /** Overload is over when nothing had to be refused for so long. */
  readonly calmMs: number;
}

export interface LiveLimits {
  /** Of all streams of this process; above it they are refused with 503. */
  readonly maxReaders: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** What the rest of the program gets when a variable is unset. Tests spread over this. */
export const defaults: Config = {
  host: '127.0.0.1',
  port: 8080,
  drainMs: 1000,
  dataDir: path.resolve('data'),
  clickhouse: undefined,
  database: 'analytics',
  logLevel: 'info',
  workers: 1,
  maxFutureMs: 300_000,
  maxBodyBytes: 10 * MIB,
  requestTimeoutMs: 60_000,
  bodiesMaxBytes: 64 * MIB,
  schemasDir: path.resolve('schemas'),
  journal: { batchMaxWaitMs: 500, segmentMaxBytes: 8 * MIB, maxBytes: 10 * GIB, pendingMaxBytes: 64 * MIB },
  cache: { ttlMs: 1000, maxHours: 10_000 },
  questions: {
    maxSeconds: 10,
    maxMemoryBytes: GIB,
    maxRowsRead: 1_000_000_000,
    maxResultBytes: 64 * MIB,
  },
  admission: {
    longTurnMs: 10,
    longTurnRequests: 50,
    longTurns: 5,
    writeTurnMs: 3,
    readTurnMs: 100,
    calmMs: 100,
  },
  live: { maxReaders: 1000 },
  trust: { keys: [], networks: [], proxies: [] },
  corsOrigins: [],
};

const LOG_LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const specs = {
  HOST: str({ default: defaults.host }),
  PORT: whole(0, 65_535)({ default: defaults.port }),
  DATA_DIR: str({ default: defaults.dataDir }),
  CLICKHOUSE_URL: httpUrls()({ default: undefined }),
  CLICKHOUSE_USER: str({ default: 'default' }),
  CLICKHOUSE_PASSWORD: str({ default: '' }),
  CLICKHOUSE_INGEST_USER: str({ default: undefined }),
  CLICKHOUSE_QUERY_USER: str({ default: undefined }),
  CLICKHOUSE_ANALYST_USER: str({ default: undefined }),
  CLICKHOUSE_DATABASE: identifier()({ default: defaults.database }),
  CLICKHOUSE_CLUSTER: clusterName()({ default: undefined }),
  BATCH_MAX_WAIT_MS: whole(1, 60_000)({ default: defaults.journal.batchMaxWaitMs }),
  CACHE_TTL_MS: whole(0, 60_000)({ default: defaults.cache.ttlMs }),
  MAX_BODY_BYTES: bytes(1, 128 * MIB)({ default: defaults.maxBodyBytes }),
  SCHEMAS_DIR: str({ default: defaults.schemasDir }),
  MAX_FUTURE_MS: whole(0, 36_500 * DAY_MS)({ default: defaults.maxFutureMs }),
  JOURNAL_MAX_BYTES: bytes(1, Number.MAX_SAFE_INTEGER)({ default: defaults.journal.maxBytes }),
  // Below what one process takes in connections, so that streams leave some for everything else.
  LIVE_MAX_READERS: whole(1, 9_000)({ default: defaults.live.maxReaders }),
  API_KEYS: apiKeys()({ default: defaults.trust.keys }),
  TRUSTED_NETWORKS: cidrs()({ default: defaults.trust.networks }),
  TRUSTED_PROXIES: cidrs()({ default: defaults.trust.proxies }),
  RATE_PER_ADDRESS: rate()({ default: undefined }),
  CORS_ORIGINS: origins()({ default: defaults.corsOrigins }),
  ALLOW_ANONYMOUS: whole(0, 1)({ default: 0 }),
  LOG_LEVEL: oneOf(LOG_LEVELS)({ default: defaults.logLevel }),
  WORKERS: whole(1, 256)({ default: defaults.workers }),
};

/**
 * Reads and checks the whole environment once.
 * @throws AppError `invalid`, listing every wrong variable with what came and what was expected
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { env: complete, issues } = readSecretFiles(withoutEmpty(env));
  const set = cleanEnv(withoutEmpty(complete), specs, {
    reporter: ({ errors }) => {
      for (const [path, error] of Object.entries(errors)) issues.push({ path, message: describe(error) });
    },
  });
  // What could not be read may not be asked for.
  const isTrustRead = !issues.some(({ path }) => TRUST_VARIABLES.includes(path));
  if (isTrustRead && isOpen(trustOf(set))) issues.push(...exposure(set.HOST, set.ALLOW_ANONYMOUS === 1));
  if (!issues.some(({ path }) => path.startsWith('CLICKHOUSE_')))
    issues.push(...clusterIssues(set.CLICKHOUSE_URL, set.CLICKHOUSE_CLUSTER));
  if (issues.length > 0) throw new AppError('invalid', startMessage(issues), { issues });
  const admin = { username: set.CLICKHOUSE_USER, password: set.CLICKHOUSE_PASSWORD };
  const as = (username: string | undefined) => ({ ...admin, username: username ?? admin.username });
  return {
    ...defaults,
    host: set.HOST,
    port: set.PORT,
    dataDir: path.resolve(set.DATA_DIR),
    clickhouse:
      set.CLICKHOUSE_URL === undefined
        ? undefined
        : {
            urls: set.CLICKHOUSE_URL,
            cluster: set.CLICKHOUSE_CLUSTER,
            admin,
            ingest: as(set.CLICKHOUSE_INGEST_USER),
            query: as(set.CLICKHOUSE_QUERY_USER),
            analyst: as(set.CLICKHOUSE_ANALYST_USER),
          },
    database: set.CLICKHOUSE_DATABASE,
    logLevel: set.LOG_LEVEL,
    workers: set.WORKERS,
    maxFutureMs: set.MAX_FUTURE_MS,
    maxBodyBytes: set.MAX_BODY_BYTES,
    // Whatever the limit on one body, there must be room for some of them, and for the rows of one.
    bodiesMaxBytes: Math.max(defaults.bodiesMaxBytes, 2 * set.MAX_BODY_BYTES),
    schemasDir: path.resolve(set.SCHEMAS_DIR),
    journal: {
      ...defaults.journal,
      batchMaxWaitMs: set.BATCH_MAX_WAIT_MS,
      maxBytes: set.JOURNAL_MAX_BYTES,
      pendingMaxBytes: Math.max(defaults.journal.pendingMaxBytes, 4 * set.MAX_BODY_BYTES),
    },
    cache: { ...defaults.cache, ttlMs: set.CACHE_TTL_MS },
    live: { maxReaders: set.LIVE_MAX_READERS },
    trust: trustOf(set),
    corsOrigins: set.CORS_ORIGINS,
  };
}

/** The key with which a command of this project calls the service; undefined when it needs none. */
export function readApiKey(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['CLICKHOUR_API_KEY'] === '' ? undefined : env['CLICKHOUR_API_KEY'];
}

/** An empty variable is an unset one: `PORT= npm start` means the default. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

/** Those that decide whether everything is open, and to whom. */
const TRUST_VARIABLES: readonly string[] = [
  'API_KEYS',
  'API_KEYS_FILE',
  'TRUSTED_NETWORKS',
  'TRUSTED_PROXIES',
  'ALLOW_ANONYMOUS',
];

interface TrustVariables {
  readonly API_KEYS: TrustRules['keys'];
  readonly TRUSTED_NETWORKS: TrustRules['networks'];
  readonly TRUSTED_PROXIES: TrustRules['proxies'];
  readonly RATE_PER_ADDRESS: TrustRules['ratePerAddress'] | undefined;
}

function trustOf(set: TrustVariables): TrustRules {
  const { RATE_PER_ADDRESS: ratePerAddress } = set;
  return {
    keys: set.API_KEYS,
    networks: set.TRUSTED_NETWORKS,
    proxies: set.TRUSTED_PROXIES,
    ...(ratePerAddress === undefined ? {} : { ratePerAddress }),
  };
}

/** Everything is open until keys exist, so only this machine may reach it unless the operator says otherwise. */
function exposure(host: string, allowAnonymous: boolean): Issue[] {
  if (allowAnonymous || /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host)) return [];
  const message = `received ${show(host)}, expected a loopback address, because anyone who reaches it may write and read; set API_KEYS, or ALLOW_ANONYMOUS=1 if that is intended`;
  return [{ path: 'HOST', message }];
}

function clusterIssues(urls: readonly string[] | undefined, cluster: string | undefined): Issue[] {
  if (cluster !== undefined && urls === undefined) {
    const message = 'received nothing, expected the addresses of all nodes of CLICKHOUSE_CLUSTER';
    return [{ path: 'CLICKHOUSE_URL', message }];
  }
  if (cluster !== undefined || urls === undefined || urls.length === 1) return [];
  const message = `received ${urls.length} addresses, expected one, or the name of their cluster in CLICKHOUSE_CLUSTER: a server by itself keeps its own log of what it has, so a batch that is sent again to another one would count twice`;
  return [{ path: 'CLICKHOUSE_URL', message }];
}

function startMessage(issues: readonly Issue[]): string {
  const lines = issues.map(({ path, message }) => `  ${path}: ${message}`);
  return `The environment is wrong:\n${lines.join('\n')}`;
}

function describe(error: unknown): string {
  if (error instanceof EnvMissingError) return 'received nothing, expected a value';
  return error instanceof Error ? error.message : String(error);
}
