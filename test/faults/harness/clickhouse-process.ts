import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { engineUrl } from '../../../clickhouse/embedded/engine-answers.ts';
import {
  DIRECTORY_LOCKED,
  EngineStartError,
  launchEngine,
  type EngineChild,
} from '../../../clickhouse/embedded/engine-child.ts';
import { engineFiles, writeEngineConfig, type EngineFiles } from '../../../clickhouse/embedded/engine-files.ts';
import { choosePorts, type EnginePorts } from '../../../clickhouse/embedded/free-ports.ts';
import { engineEndpoint } from '../../../clickhouse/embedded/engine-users.ts';
import { keepPasswords } from '../../../clickhouse/embedded/passwords.ts';
import { connect } from '../../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { eventually } from '../../support/http/outcome.ts';
import { FAULT_USERS } from './fault-users.ts';
import { killNow, noteGone, noteStarted } from './started.ts';

/**
 * A real ClickHouse of the harness' own, that nobody restarts but the harness, always at the same address.
 *
 * States: `up`, `frozen` (stopped by SIGSTOP: connections are taken, nothing is answered), `down`.
 */
export class ClickHouseProcess {
  readonly endpoint: ClickHouseEndpoint;
  readonly #files: EngineFiles;
  readonly #ports: EnginePorts;
  #child: EngineChild;
  #state: 'up' | 'frozen' | 'down' = 'up';
  #kills = 0;

  private constructor(files: EngineFiles, ports: EnginePorts, endpoint: ClickHouseEndpoint, child: EngineChild) {
    this.#files = files;
    this.#ports = ports;
    this.#child = child;
    this.endpoint = endpoint;
  }

  /** Starts one that keeps everything below `directory`. Databases must be called `test_*`. */
  static async start(directory: string): Promise<ClickHouseProcess> {
    const files = await engineFiles(directory);
    const passwords = await keepPasswords(files);
    await writeEngineConfig(files, 'test_*', passwords, []);
    await writeFile(path.join(files.config, 'users.d', 'faults.xml'), FAULT_USERS);
    const ports = await choosePorts({ http: 0 });
    const endpoint = engineEndpoint(engineUrl(ports), passwords);
    return new ClickHouseProcess(files, ports, endpoint, await launch(files, ports));
  }

  /** The process that it is now. */
  get pid(): number {
    return this.#child.pid;
  }

  /** How often it was killed so far. */
  get kills(): number {
    return this.#kills;
  }

  /** SIGKILL, if somebody else has not killed it already; it is gone after. */
  async kill(): Promise<void> {
    if (this.#state === 'down') return;
    this.#kills += 1;
    this.#state = 'down';
    killNow(this.#child.pid);
    await this.#child.gone;
  }

  /** Lets it shut down in order. */
  async stop(): Promise<void> {
    this.thaw();
    this.#state = 'down';
    await this.#child.stop();
  }

  freeze(): void {
    if (this.#state !== 'up') return;
    this.#state = 'frozen';
    process.kill(this.#child.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    process.kill(this.#child.pid, 'SIGCONT');
    this.#state = 'up';
  }

  /** Up and answering again, whatever was done to it. */
  async heal(): Promise<void> {
    this.thaw();
    if (this.#state === 'up') return;
    this.#child = await launch(this.#files, this.#ports);
    this.#state = 'up';
  }

  /** Copies everything that it has, as it is when it has ended in order; it is up again after. */
  async copyTo(directory: string): Promise<void> {
    await this.stop();
    await cp(this.#files.data, directory, { recursive: true });
    await this.heal();
  }

  /** Puts a copy in place of everything that it has; it is up again after. */
  async restoreFrom(directory: string): Promise<void> {
    await this.stop();
    await rm(this.#files.data, { recursive: true, force: true });
    await cp(directory, this.#files.data, { recursive: true });
    await this.heal();
  }

  /** Runs statements as the administrator, and does not come back before they are done. */
  async command(database: string, ...statements: readonly string[]): Promise<void> {
    const client = connect({ endpoint: this.endpoint, role: 'admin', database });
    try {
      for (const query of statements) await client.command({ query });
    } finally {
      await client.close();
    }
  }

  async rows<Row>(database: string, query: string): Promise<Row[]> {
    return await rowsOf<Row>(this.endpoint, database, query);
  }
}

/** What was killed may hold its directory for a moment longer. */
async function launch(files: EngineFiles, ports: EnginePorts): Promise<EngineChild> {
  let child: EngineChild | undefined;
  let refused: unknown;
  await eventually(async () => {
    try {
      child = await launchEngine(files, ports, new AbortController().signal);
    } catch (error) {
      refused = error;
      if (error instanceof EngineStartError && error.code === DIRECTORY_LOCKED) throw error;
    }
  }, 20_000);
  if (child === undefined) throw new Error('ClickHouse did not start', { cause: refused });
  const { pid, gone } = child;
  noteStarted(pid);
  void gone.finally(() => noteGone(pid));
  return child;
}
