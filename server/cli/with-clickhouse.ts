import { stat } from 'node:fs/promises';
import path from 'node:path';
import { runningEngine, startEngine } from '../../clickhouse/embedded/embedded.ts';
import { EngineInUse } from '../../clickhouse/embedded/engine-owner.ts';
import { withClient } from '../clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { hasWritten } from '../clickhouse/failed-writes.ts';
import { isUnreachable } from '../clickhouse/nodes.ts';
import { NodesUnavailable } from '../clickhouse/topology.ts';
import type { Config } from '../config/config.ts';
import { AppError, isCode, messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { pause } from '../common/retry.ts';

const NOT_WRITTEN =
  'The embedded ClickHouse was started again meanwhile, or could not write to its disk: not all that was done is there. Run this again.';

interface Use {
  /** Whether the command makes what is not there yet; others leave the disk as it is. */
  readonly createsData?: boolean;
  /** Whether all that comes of it is what it prints, so that nothing need be on a disk afterwards. */
  readonly onlyReads?: boolean;
  /** Ends the waiting for an engine. */
  readonly signal?: AbortSignal;
}

const LOOK_AGAIN_MS = 200;
/** A service that starts has an engine within this time; one that has none for longer has trouble with it. */
const SERVICE_WAIT_MS = 120_000;

/**
 * Runs `use` on the ClickHouse that the service uses: the configured server, else the engine that a running service
 * holds, else an engine started for as long as `use` takes, for which it waits while another command has its own.
 * @throws AppError `not_found` when there is no data to use, `unavailable` when ClickHouse does not answer, or what was done may
 * not be on the disk of an embedded engine
 */
export async function withClickHouse<T>(
  config: Config,
  log: Logger,
  use: (endpoint: ClickHouseEndpoint) => Promise<T>,
  { createsData = false, onlyReads = false, signal = new AbortController().signal }: Use = {},
): Promise<T> {
  const directory = path.join(config.dataDir, 'clickhouse');
  if (config.clickhouse === undefined && !createsData) await requireData(config.dataDir, path.join(directory, 'data'));
  const { endpoint, close } = await openEngine(config, directory, log, signal);
  try {
    return await (onlyReads ? use(endpoint) : checked(endpoint, use));
  } catch (error) {
    throw withAdvice(error, endpoint, config);
  } finally {
    await close();
  }
}

interface Opened {
  readonly endpoint: ClickHouseEndpoint;
  readonly close: () => Promise<void>;
}

async function openEngine(config: Config, directory: string, log: Logger, signal: AbortSignal): Promise<Opened> {
  let deadlineMs = Infinity;
  for (let hasSaid = false; ; hasSaid = true) {
    const endpoint = config.clickhouse ?? (await runningEngine(directory));
    if (endpoint !== undefined) return { endpoint, close: leaveRunning };
    try {
      const engine = await startEngine({ directory, log, database: config.database, isShared: false, signal });
      return { endpoint: engine.endpoint, close: () => engine.close() };
    } catch (error) {
      if (!(error instanceof EngineInUse)) throw error;
      deadlineMs = error.isShared ? Math.min(deadlineMs, performance.now() + SERVICE_WAIT_MS) : Infinity;
      if (performance.now() > deadlineMs) throw notAnswering(error);
      if (!hasSaid) console.error(`Waiting: ${error.isShared ? error.silent : error.message}`);
      await pause(LOOK_AGAIN_MS, signal);
      signal.throwIfAborted();
    }
  }
}

function notAnswering({ silent }: EngineInUse): AppError {
  return new AppError(
    'unavailable',
    `${silent}, for ${SERVICE_WAIT_MS / 1000} s now. The log of the service says why. Run this again once its /health is well.`,
  );
}

async function leaveRunning(): Promise<void> {
  // It belongs to others.
}

async function checked<T>(endpoint: ClickHouseEndpoint, use: (endpoint: ClickHouseEndpoint) => Promise<T>): Promise<T> {
  if (!endpoint.isEmbedded) return await use(endpoint);
  const startedMs = performance.now();
  const result = await use(endpoint);
  if (await withClient({ endpoint, role: 'admin' }, async (admin) => hasWritten(admin, startedMs))) return result;
  throw new AppError('unavailable', NOT_WRITTEN);
}

/** What failed; of ClickHouse that does not answer, with what to look at. */
function withAdvice(error: unknown, { urls }: ClickHouseEndpoint, { clickhouse }: Config): unknown {
  const advice = clickhouse === undefined ? 'Run this again.' : 'Is it running, and is CLICKHOUSE_URL right?';
  const options = { cause: error };
  if (error instanceof NodesUnavailable) return new AppError('unavailable', `${error.message} ${advice}`, options);
  const reason = error instanceof AppError ? error.cause : error;
  if (!isUnreachable(reason)) return error;
  const message = `ClickHouse at ${urls.join(', ')} does not answer: ${messageOf(reason)}. ${advice}`;
  return new AppError('unavailable', message, options);
}

async function requireData(dataDir: string, data: string): Promise<void> {
  await stat(data).catch((error: unknown) => {
    const isThere = !isCode(error, 'ENOENT', 'ENOTDIR');
    const found = isThere
      ? `The data in ${dataDir} cannot be read (${messageOf(error)})`
      : `There is no data in ${dataDir}`;
    const next = isThere ? 'run this as the user of the service' : 'start the service first (npm start)';
    const message = `${found}: ${next}, or set DATA_DIR, or CLICKHOUSE_URL to use a server.`;
    throw new AppError(isThere ? 'unavailable' : 'not_found', message, { cause: error });
  });
}
