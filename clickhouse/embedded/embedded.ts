import { connect, type ClickHouseClient } from '../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';
import { hasWritten } from '../../server/clickhouse/failed-writes.ts';
import { backoffMs, pause } from '../../server/common/retry.ts';
import { messageOf } from '../../server/common/errors.ts';
import type { Logger } from '../../server/common/log.ts';
import { engineUrl } from './engine-answers.ts';
import { DataIdentity } from './data-identity.ts';
import { launchEngine, type EngineChild } from './engine-child.ts';
import { engineFiles, writeEngineConfig, writeEngineState } from './engine-files.ts';
import type { EngineFiles, ServerFile } from './engine-files.ts';
import { requireEnginePackages } from './engine-packages.ts';
import { claimEngine, isOnlyOwner, runningState } from './engine-owner.ts';
import { firstLaunch } from './first-launch.ts';
import type { EnginePorts } from './free-ports.ts';
import type { OwnerDirectory } from '../../server/journal/owner-directory.ts';
import { engineEndpoint } from './engine-users.ts';
import { keepPasswords, readPasswords } from './passwords.ts';

/** A real ClickHouse server, from npm alone, that lives as long as this process at most. */
export interface Engine {
  readonly endpoint: ClickHouseEndpoint;
  /** The process that is the engine now; another one after a crash. */
  readonly pid: number;
  /** Why nothing may be stored: the data it was started on is gone, and a person must decide. Looked up at each call. */
  readonly problem: string | undefined;
  /** Ends the engine in order. Safe to call twice. */
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Holds everything the engine keeps; created when absent. One process at a time. */
  readonly directory: string;
  readonly log: Logger;
  /** Which databases the service's users may touch: `analytics`, or by prefix: `test_*`. */
  readonly database: string;
  /** Merged after the project's own, in the order of their names. */
  readonly serverFiles?: readonly ServerFile[];
  /** Taken when they are free, so that others can be told beforehand. */
  readonly ports?: EnginePorts;
  /** Whether other processes may use it for as long as it runs, as they may unless this says no. */
  readonly isShared?: boolean;
  /** Ends the start; no engine runs then. */
  readonly signal?: AbortSignal;
}

interface EngineParts {
  readonly files: EngineFiles;
  readonly claim: OwnerDirectory;
  readonly ports: EnginePorts;
  readonly child: EngineChild;
  readonly endpoint: ClickHouseEndpoint;
  readonly isShared: boolean;
  readonly log: Logger;
  readonly identity: DataIdentity;
}

const RESTART = { firstMs: 100, maxMs: 5000 };
/** An engine that ran this long had no trouble starting: the next restart is a first one again. */
const STABLE_MS = 10_000;
const LOOK_FOR_DATA_MS = 500;
/** Well within the time that the parts of a merge are kept for: `old_parts_lifetime`, 8 minutes by `0004_synced_merges.sql`. */
const LOOK_AT_WRITES_MS = 1000;
const ANSWER_TIMEOUT_MS = 5000;

/**
 * Starts the engine on `directory`, with what it held before. Waits for one whose owner is gone to end.
 * @throws AppError `unavailable` without packages for this platform, EngineInUse, or the reason of `signal`
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  requireEnginePackages();
  const files = await engineFiles(options.directory);
  const claim = await claimEngine(files, options.log);
  try {
    return await launched(files, claim, options);
  } catch (error) {
    await claim.release();
    throw error;
  }
}

async function launched(
  files: EngineFiles,
  claim: OwnerDirectory,
  {
    log,
    database,
    serverFiles = [],
    ports: wanted,
    isShared = true,
    signal = new AbortController().signal,
  }: EngineOptions,
): Promise<Engine> {
  const passwords = await keepPasswords(files);
  await writeEngineConfig(files, database, passwords, serverFiles);
  const identity = await DataIdentity.of(files.data);
  const { child, ports } = await firstLaunch(files, signal, wanted);
  const reason = await child.unconfined;
  if (reason !== undefined)
    log.warn({ reason }, 'SQL users of the embedded ClickHouse can read the files of this account');
  const endpoint = engineEndpoint(engineUrl(ports), passwords);
  const engine = new EmbeddedEngine({ files, claim, ports, child, endpoint, isShared, identity, log });
  await engine.announce();
  return engine;
}

/** The engine that another process runs on this directory and shares, if one answers. */
export async function runningEngine(directory: string): Promise<ClickHouseEndpoint | undefined> {
  const files = await engineFiles(directory);
  // First: whom this user may not ask must not look like nobody.
  const passwords = await readPasswords(files);
  const state = await runningState(files);
  if (!state?.isShared) return undefined;
  return passwords && engineEndpoint(engineUrl(state.ports), passwords);
}

/**
 * up: `#child` answers.
 * restarting: `#child` is gone; a next one is started on the same ports, again and again, until one answers. Not while the
 *   data is gone: the next one would begin with an empty database, and what is shipped into that could not be told from all.
 * closing, closed: no child will be started any more; `#closed` says when the last one is gone.
 *
 *     up ⇄ restarting
 *       ↘   ↙
 *      closing → closed
 */
class EmbeddedEngine implements Engine {
  readonly endpoint: ClickHouseEndpoint;
  readonly #files: EngineFiles;
  readonly #claim: OwnerDirectory;
  readonly #ports: EnginePorts;
  readonly #isShared: boolean;
  readonly #identity: DataIdentity;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  /** Settles when no child runs and none will. Never rejects. */
  readonly #closed: Promise<void>;
  readonly #admin: ClickHouseClient;
  #child: EngineChild;

  constructor({ files, claim, ports, child, endpoint, isShared, identity, log }: EngineParts) {
    this.#files = files;
    this.#claim = claim;
    this.#ports = ports;
    this.#child = child;
    this.#isShared = isShared;
    this.#identity = identity;
    this.#log = log;
    this.endpoint = endpoint;
    this.#admin = connect({ endpoint, role: 'admin', requestTimeoutMs: ANSWER_TIMEOUT_MS });
    this.#closed = Promise.all([this.#keepUp(), this.#watchData(), this.#watchWrites()]).then(() => undefined);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get problem(): string | undefined {
    return this.#identity.problem;
  }

  /** Writes down where the engine is, for other processes and for the next start. The engine works without it. */
  async announce(): Promise<void> {
    try {
      const [{ owner }, ports, isShared] = [this.#claim, this.#ports, this.#isShared];
      await writeEngineState(this.#files, { pid: this.pid, owner, ownerPid: process.pid, ports, isShared });
    } catch (error) {
      this.#log.warn({ err: error }, 'cannot write down where the embedded ClickHouse listens');
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // The engine's end waits for idle connections.
    await this.#admin.close();
    await this.#child.stop();
    await this.#closed;
    await this.#claim.release();
  }

  async #keepUp(): Promise<void> {
    const { signal } = this.#closing;
    let attempt = 0;
    while (!signal.aborted) {
      const sinceMs = Date.now();
      const output = await this.#child.gone;
      if (signal.aborted) return;
      if (Date.now() - sinceMs > STABLE_MS) attempt = 0;
      this.#log.error({ enginePid: this.pid, output }, 'the embedded ClickHouse ended unexpectedly; restarting it');
      attempt = await this.#restart(attempt);
    }
    await this.#child.stop();
  }

  /** An engine whose data is gone must not go on: it makes a new database as soon as it is asked to. */
  async #watchData(): Promise<void> {
    const { signal } = this.#closing;
    for (let wasLost = false; !signal.aborted; await pause(LOOK_FOR_DATA_MS, signal)) {
      const { problem } = this;
      if (problem !== undefined && !wasLost) this.#log.error(`${problem}; events wait in the journal`);
      wasLost = problem !== undefined;
      if (wasLost) this.#child.kill();
    }
  }

  /** An engine that could not write must start again: it has parts that are cut short, and takes them for whole. */
  async #watchWrites(): Promise<void> {
    const { signal } = this.#closing;
    for (; !signal.aborted; await pause(LOOK_AT_WRITES_MS, signal)) {
      const { pid } = this;
      // One that does not answer is ended, or busy: it is asked again.
      const isWhole = await hasWritten(this.#admin, performance.now()).catch(() => true);
      if (isWhole || pid !== this.pid || signal.aborted) continue;
      this.#log.error({ enginePid: pid }, 'the embedded ClickHouse could not write to its disk, and is started again');
      this.#child.kill();
    }
  }

  /** What cannot be looked up keeps nothing back: the data has a lock of ClickHouse's own. */
  async #mayLaunch(): Promise<boolean> {
    return !this.#identity.isLost && (await isOnlyOwner(this.#files, this.#claim).catch(() => true));
  }

  /** @returns the number of attempts in a row, this one included */
  async #restart(previous: number): Promise<number> {
    const { signal } = this.#closing;
    for (let attempt = previous + 1; ; attempt += 1) {
      await pause(backoffMs(attempt, RESTART, Math.random), signal);
      while (!signal.aborted && !(await this.#mayLaunch())) await pause(LOOK_FOR_DATA_MS, signal);
      if (signal.aborted) return attempt;
      try {
        this.#child = await launchEngine(this.#files, this.#ports, signal);
        await this.announce();
        this.#log.info({ enginePid: this.pid, attempt }, 'the embedded ClickHouse is up again');
        return attempt;
      } catch (error) {
        if (signal.aborted) return attempt;
        this.#log.error({ attempt, reason: messageOf(error) }, 'the embedded ClickHouse did not start; trying again');
      }
    }
  }
}
