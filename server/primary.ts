import cluster, { type Address, type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { App } from './app.ts';
import { openEndpoint } from './open-endpoint.ts';
import { backoffMs, pause, type Backoff } from './common/retry.ts';
import { Closing } from './closing.ts';
import type { Config } from './config/config.ts';
import { pluralize } from './common/words.ts';
import { messageOf } from './common/errors.ts';
import { createLogger, type Logger } from './common/log.ts';
import type { ToPrimary } from './workers/messages.ts';
import { OF_A_WORKER } from './workers/own-worker.ts';
import { relayCalls, tellWorker } from './workers/relay-calls.ts';

const RESTART: Backoff = { firstMs: 100, maxMs: 5_000 };
/** A worker that lived this long had no trouble starting: the next restart is a first one again. */
const STABLE_MS = 10_000;

/**
 * Runs `config.workers` processes that share one address and one ClickHouse, each the whole service with a journal of
 * its own. A worker that ends is replaced, and the replacement takes over its journal. The embedded engine, when there
 * is one, belongs to this process.
 * @throws AppError when it cannot start, or the reason of `stop`; everything that was started is ended again
 */
export async function startWorkers(config: Config, stop: AbortSignal): Promise<App> {
  const log = createLogger(config.logLevel);
  const closing = new Closing();
  try {
    const { endpoint, consoleUrl } = await openEndpoint(config, log, closing, stop);
    stop.throwIfAborted();
    const leaving = new AbortController();
    relayCalls();
    // Not read again by each: they must not differ by what has been written into a file meanwhile.
    const ofWorkers = { ...config, clickhouse: endpoint };
    const workers = Array.from({ length: config.workers }, () => new WorkerSlot(ofWorkers, log, leaving.signal));
    closing.add('workers', async () => {
      leaving.abort();
      await Promise.all(workers.map(async (worker) => worker.close()));
    });
    const [address] = await Promise.race([
      Promise.all(workers.map(async ({ listening }) => listening)),
      reasonOf(stop),
    ]);
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${address?.port}`;
    const close = async () => {
      log.info(`stopping ${pluralize(config.workers, 'worker')}`);
      await closing.close();
    };
    return { url, consoleUrl, close };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

/** Keeps one worker running: it is replaced when it ends, until the signal says stop. */
class WorkerSlot {
  /** The address, once the first worker in this slot listens; rejects when it ends before that. */
  readonly listening: Promise<Address>;
  readonly #config: Config;
  readonly #log: Logger;
  readonly #stop: AbortSignal;
  readonly #done: Promise<void>;
  #worker: Worker;

  constructor(config: Config, log: Logger, stop: AbortSignal) {
    this.#config = config;
    this.#log = log;
    this.#stop = stop;
    this.#worker = this.#fork();
    this.listening = firstAddress(this.#worker);
    this.#done = this.#keepRunning();
  }

  /** `stop` is aborted before. */
  async close(): Promise<void> {
    tellWorker(this.#worker, { clickhour: 'stop' });
    await this.#done;
  }

  #fork(): Worker {
    const worker = cluster.fork(OF_A_WORKER);
    worker.on('message', ({ clickhour }: ToPrimary) => {
      if (clickhour === 'configure') tellWorker(worker, { clickhour: 'configuration', config: this.#config });
      if (clickhour === 'loaded' && this.#stop.aborted) tellWorker(worker, { clickhour: 'stop' });
    });
    return worker;
  }

  async #keepRunning(): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const sinceMs = Date.now();
      const reason = await ended(this.#worker);
      if (this.#stop.aborted) return;
      if (Date.now() - sinceMs > STABLE_MS) failures = 1;
      this.#log.error(
        { worker: this.#worker.process.pid, reason },
        'a worker ended unexpectedly; another takes its place',
      );
      await pause(backoffMs(failures, RESTART, Math.random), this.#stop);
      if (this.#stop.aborted) return;
      try {
        this.#worker = this.#fork();
      } catch (error) {
        this.#log.error({ err: error }, 'a worker could not be started');
      }
    }
  }
}

/** Resolves when a worker is gone, or could not be started, with why that is. */
async function ended(worker: Worker): Promise<string> {
  return await new Promise((resolve) => {
    if (worker.isDead()) resolve('it has ended before');
    worker.once('exit', () => resolve('its message is above'));
    // Otherwise it is a message that came too late for it.
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) resolve(messageOf(error));
    });
  });
}

async function reasonOf(stop: AbortSignal): Promise<never> {
  if (!stop.aborted) await once(stop, 'abort');
  throw stop.reason;
}

async function firstAddress(worker: Worker): Promise<Address> {
  return await new Promise((resolve, reject) => {
    worker.once('listening', resolve);
    void ended(worker).then((why) => reject(new Error(`a worker ended before it listened: ${why}`)));
  });
}
