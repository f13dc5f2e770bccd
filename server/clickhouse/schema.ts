import { migrate } from '../../migrations/migrator.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ClickHouseEndpoint } from './endpoint.ts';
import { codeOf } from './errors.ts';
import { backoffMs, pause, type Backoff } from './retry.ts';

export interface SchemaDependencies {
  readonly endpoint: ClickHouseEndpoint;
  readonly database: string;
  readonly log: Logger;
  readonly random: () => number;
}

const BACKOFF: Backoff = { firstMs: 250, maxMs: 5_000 };

/** UNKNOWN_TABLE and UNKNOWN_DATABASE: what was migrated is gone, as after the loss of a disk. */
const GONE: ReadonlySet<string | undefined> = new Set(['60', '81']);

/**
 * Brings the tables up to this code's version, for as long as it takes ClickHouse to be there.
 *
 * States: `migrating` (tried again and again), `ready`, `closed`. Nothing may be inserted before `ready`: rows that
 * reach the raw table before its views exist would be missing from the views for ever.
 */
export class Schema {
  readonly #deps: SchemaDependencies;
  readonly #stop = new AbortController();
  #state: 'migrating' | 'ready' | 'closed' = 'migrating';
  #reason = 'not tried yet';
  #work: Promise<void> = Promise.resolve();

  constructor(dependencies: SchemaDependencies) {
    this.#deps = dependencies;
  }

  /** Tries once, and when that fails goes on in the background. */
  async start(): Promise<void> {
    const isReady = await this.#attempt();
    if (!isReady) this.#work = this.#untilReady();
  }

  /** `ready`, or why not yet, for people. */
  get state(): string {
    return this.#state === 'migrating' ? `not migrated: ${this.#reason}` : this.#state;
  }

  /**
   * Does `insert` when the tables are there. When they turn out to be gone, they are made again.
   * @throws Error while they are not there, and whatever `insert` throws
   */
  async whenReady(insert: () => Promise<void>): Promise<void> {
    if (this.#state !== 'ready') throw new Error(`the tables are ${this.state}`);
    try {
      await insert();
    } catch (error) {
      if (GONE.has(codeOf(error))) this.#migrateAgain();
      throw error;
    }
  }

  /** Ends the tries and waits for the one under way. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#stop.abort();
    await this.#work;
  }

  #migrateAgain(): void {
    if (this.#state !== 'ready') return;
    this.#state = 'migrating';
    this.#reason = 'tables that were there are gone';
    this.#work = this.#untilReady();
  }

  async #untilReady(): Promise<void> {
    for (let failures = 1; !this.#stop.signal.aborted; failures += 1) {
      await pause(backoffMs(failures, BACKOFF, this.#deps.random), this.#stop.signal);
      if (this.#stop.signal.aborted || (await this.#attempt())) return;
    }
  }

  async #attempt(): Promise<boolean> {
    const { endpoint, database, log } = this.#deps;
    try {
      await migrate({ endpoint, database, log });
    } catch (error) {
      this.#reason = messageOf(error);
      log.warn(
        { reason: this.#reason },
        'the tables could not be migrated; events wait in the journal until they are',
      );
      return false;
    }
    if (this.#state === 'migrating') this.#state = 'ready';
    return true;
  }
}
