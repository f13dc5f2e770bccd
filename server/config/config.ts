import path from 'node:path';
import type { QuestionLimits } from '../clickhouse/query.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import type { LogLevel } from '../common/log.ts';
import type { AuthRules } from '../auth/authenticator.ts';
import { GIB, MIB } from '../common/units.ts';

/** Everything that can be set from outside. Sizes are bytes, times are milliseconds. */
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
  /** How long raw events are kept after they happened; undefined: for ever. Hourly numbers stay in any case. */
  readonly retentionDays: number | undefined;
  /** How far ahead of this server's clock an event's timestamp may be. */
  readonly maxFutureMs: number;
  readonly maxBodyBytes: number;
  /**
   * For a whole request, its body included: a client that stalls must not hold memory for ever. One that takes nothing of
   * its answer for twice as long is cut off.
   */
  readonly requestTimeoutMs: number;
  /** Of one process; above it they are ended at once. */
  readonly maxConnections: number;
  /** Of all bodies that are being read, decompressed; above it they are refused with 503. Their rows take up to three times that. */
  readonly bodiesMaxBytes: number;
  /** Holds `<category>/<name>.json`, the JSON Schemas of payloads. */
  readonly schemasDir: string;
  readonly journal: JournalLimits;
  readonly cache: CacheLimits;
  readonly questions: QuestionLimits;
  readonly admission: AdmissionLimits;
  readonly live: LiveLimits;
  readonly trust: AuthRules;
  /** Whose pages in browsers may call this server, `*` for all; none by default. */
  readonly corsOrigins: readonly string[];
  /** Names that a Host header may have besides those of this machine, `*` for any; see `auth/hosts.ts`. */
  readonly allowedHosts: readonly string[];
}

export interface JournalLimits {
  /** The sustained interval between two INSERTs into one table; an event after a pause is sent at once. */
  readonly batchMaxWaitMs: number;
  /** A segment that nobody can send yet is sealed when it holds this many bytes, which bounds one INSERT. */
  readonly segmentMaxBytes: number;
  /** All segments of this process together; above it events are refused with 503. */
  readonly maxBytes: number;
  /** Rows in memory that wait for the disk; above it events are refused with 503. */
  readonly pendingMaxBytes: number;
}

export interface CacheLimits {
  /** How long an answer may be reused: about the current hour, and of questions that read much. */
  readonly ttlMs: number;
  /** The same of a past hour, unless `ttlMs` is less; asked for again and again, it is renewed every tenth of a second. */
  readonly pastTtlMs: number;
  /** How many hours keep their counts between questions. */
  readonly maxHours: number;
}

/** When there are more requests than this process has time for; see `http/server/load-shedding.ts`. */
export interface AdmissionLimits {
  /** A turn of the event loop is long when it takes longer than this and brings at least `longTurnRequests`. */
  readonly longTurnMs: number;
  /** A turn with fewer requests is not long, however long it takes. */
  readonly longTurnRequests: number;
  /** So many long turns in a row are overload. */
  readonly longTurns: number;
  /** During overload, how long a turn takes writes before it refuses them. */
  readonly writeTurnMs: number;
  /** During overload, how long a turn takes reads before it refuses them. */
  readonly readTurnMs: number;
  /** Overload ends when nothing had to be refused for so long. */
  readonly calmMs: number;
}

export interface LiveLimits {
  /** Of all streams of this process; above it they are refused with 503. */
  readonly maxReaders: number;
}

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
  retentionDays: undefined,
  maxFutureMs: 300_000,
  maxBodyBytes: 10 * MIB,
  requestTimeoutMs: 60_000,
  maxConnections: 10_000,
  bodiesMaxBytes: 64 * MIB,
  schemasDir: path.resolve('schemas'),
  journal: { batchMaxWaitMs: 500, segmentMaxBytes: 8 * MIB, maxBytes: 10 * GIB, pendingMaxBytes: 64 * MIB },
  cache: { ttlMs: 1000, pastTtlMs: 500, maxHours: 10_000 },
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
  allowedHosts: [],
};
