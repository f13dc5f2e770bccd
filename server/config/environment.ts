import { constants } from 'node:buffer';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { cleanEnv } from 'envalid';
import { projectRoot } from '../common/project-root.ts';
import { defaults, type Config } from './config.ts';
import { AppError, messageOf, show, type Issue } from '../common/errors.ts';
import { readSecretFiles } from './secret-files.ts';
import { isLoopback } from '../auth/hosts.ts';
import { isOpen, type AuthRules } from '../auth/authenticator.ts';
import { readEnvFile } from './env-file.ts';
import { variables } from './variables.ts';

/** What the environment says, and what is wrong with it: what came, and what was expected. */
interface Reading {
  /** With the default of each variable that is wrong. */
  readonly config: Config;
  readonly issues: readonly Issue[];
}

/**
 * Reads and checks the whole environment once.
 * @throws AppError `invalid`, listing every wrong variable with what came and what was expected
 */
export function readConfig(env: NodeJS.ProcessEnv = environment()): Config {
  const { config, issues } = readEnvironment(env);
  refuseIssues(issues);
  return config;
}

/** The same, for whoever has more to check before it refuses. */
export function readEnvironment(env: NodeJS.ProcessEnv = environment()): Reading {
  const { env: complete, issues } = readSecretFiles(withoutEmpty(env));
  const given = withoutEmpty(complete);
  cleanEnv(given, variables, {
    reporter: ({ errors }) => {
      for (const [path, error] of Object.entries(errors)) issues.push({ path, message: messageOf(error) });
    },
  });
  const wrong = issues.map(({ path }) => path);
  const set = cleanEnv(without(given, wrong), variables);
  const { RATE_PER_ADDRESS: ratePerAddress } = set;
  const trust: AuthRules = {
    keys: set.API_KEYS,
    networks: set.TRUSTED_NETWORKS,
    proxies: set.TRUSTED_PROXIES,
    ...(ratePerAddress === undefined ? {} : { ratePerAddress }),
  };
  // What could not be read may not be asked for.
  const areAuthRulesRead = !wrong.some((path) => AUTH_VARIABLES.includes(path));
  if (areAuthRulesRead && set.ALLOW_ANONYMOUS === 0) issues.push(...exposure(env['API_KEYS_FILE'], set.HOST, trust));
  if (!wrong.some((path) => path.startsWith('CLICKHOUSE_')))
    issues.push(...clusterIssues(set.CLICKHOUSE_URL, set.CLICKHOUSE_CLUSTER));
  const admin = { username: set.CLICKHOUSE_USER, password: set.CLICKHOUSE_PASSWORD };
  const as = (username = admin.username, password = admin.password) => ({ username, password });
  const config = {
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
            isEmbedded: set.CLICKHOUSE_EMBEDDED === 1,
            admin,
            ingest: as(set.CLICKHOUSE_INGEST_USER, set.CLICKHOUSE_INGEST_PASSWORD),
            query: as(set.CLICKHOUSE_QUERY_USER, set.CLICKHOUSE_QUERY_PASSWORD),
            analyst: as(set.CLICKHOUSE_ANALYST_USER, set.CLICKHOUSE_ANALYST_PASSWORD),
          },
    database: set.CLICKHOUSE_DATABASE,
    logLevel: set.LOG_LEVEL,
    workers: set.WORKERS,
    retentionDays: set.RETENTION_DAYS,
    maxFutureMs: set.MAX_FUTURE_MS,
    maxBodyBytes: set.MAX_BODY_BYTES,
    // Whatever the limit on one body, there must be room for some of them, and for the rows of one.
    bodiesMaxBytes: Math.max(defaults.bodiesMaxBytes, 2 * set.MAX_BODY_BYTES),
    schemasDir: schemasDirOf(set.SCHEMAS_DIR),
    journal: {
      ...defaults.journal,
      batchMaxWaitMs: set.BATCH_MAX_WAIT_MS,
      maxBytes: set.JOURNAL_MAX_BYTES,
      // They are written as one text.
      pendingMaxBytes: Math.min(
        constants.MAX_STRING_LENGTH,
        Math.max(defaults.journal.pendingMaxBytes, 4 * set.MAX_BODY_BYTES),
      ),
    },
    cache: { ...defaults.cache, ttlMs: set.CACHE_TTL_MS },
    live: { maxReaders: set.LIVE_MAX_READERS },
    trust,
    corsOrigins: set.CORS_ORIGINS,
    allowedHosts: set.ALLOWED_HOSTS,
  };
  return { config, issues };
}

/** @throws AppError `invalid` that lists them, when there are any */
export function refuseIssues(issues: readonly Issue[]): void {
  const lines = issues.map(({ path, message }) => `${path}: ${message}`);
  if (lines.length === 0) return;
  const message = lines.length === 1 ? lines.join() : ['The environment is wrong:', ...lines].join('\n  ');
  throw new AppError('invalid', message, { issues });
}

/** The key with which a command of this project calls the service; undefined when it needs none. */
export function readApiKey(env: NodeJS.ProcessEnv = environment()): string | undefined {
  return env['CLICKHOUR_API_KEY'] === '' ? undefined : env['CLICKHOUR_API_KEY'];
}

/** What `.env` in the current folder says, where the environment itself says nothing. */
function environment(): NodeJS.ProcessEnv {
  return { ...readEnvFile('.env'), ...process.env };
}

/** An empty variable is an unset one: `PORT= npm start` means the default. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function without(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/** Those that decide whether everything is open, and to whom. */
const AUTH_VARIABLES: readonly string[] = [
  'API_KEYS',
  'API_KEYS_FILE',
  'TRUSTED_NETWORKS',
  'TRUSTED_PROXIES',
  'ALLOW_ANONYMOUS',
];

/** Everything is open until keys exist, so only this machine may reach it, and keys that are announced must be there. */
function exposure(keysFile: string | undefined, host: string, trust: AuthRules): Issue[] {
  const intended = 'or ALLOW_ANONYMOUS=1 if that is intended';
  if (keysFile !== undefined && trust.keys.length === 0) {
    const message = `received ${show(keysFile)}, which is empty, expected a file with keys, ${intended}`;
    return [{ path: 'API_KEYS_FILE', message }];
  }
  if (!isOpen(trust) || isLoopback(host)) return [];
  const message = `received ${show(host)}, expected a loopback address, because anyone who reaches it may write and read; set API_KEYS, ${intended}`;
  return [{ path: 'HOST', message }];
}

function clusterIssues(urls: readonly string[] | undefined, cluster: string | undefined): Issue[] {
  if (cluster !== undefined && urls === undefined) {
    const message = 'received nothing, expected the addresses of all nodes of CLICKHOUSE_CLUSTER';
    return [{ path: 'CLICKHOUSE_URL', message }];
  }
  if (cluster !== undefined || urls === undefined || urls.length === 1) return [];
  const message = `received ${urls.length} addresses, expected one, or the name of their cluster in CLICKHOUSE_CLUSTER: each server by itself would have only a part of the events`;
  return [{ path: 'CLICKHOUSE_URL', message }];
}

/** Unset in a folder without schemas, as where the package is run by itself: those that come with it. */
function schemasDirOf(given: string | undefined): string {
  if (given !== undefined) return path.resolve(given);
  return existsSync(defaults.schemasDir) ? defaults.schemasDir : path.join(projectRoot, 'schemas');
}
