import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { classify, NotReady, refusesRows } from '../errors.ts';
import { backoffMs, pause, type Backoff } from '../../common/retry.ts';
import { describeFinding, isBlocking, type Finding } from './finding.ts';

export interface GateDependencies {
  /** Brings the tables up to this code's version. */
  readonly migrate: () => Promise<void>;
  /** Looks for everything that shipping must not go on with. */
  readonly check: () => Promise<readonly Finding[]>;
  /** The part of it that says whether rows still fit the tables. */
  readonly checkTables: () => Promise<readonly Finding[]>;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** While shut: soon after ClickHouse is back, or fixed. */
const BACKOFF: Backoff = { firstMs: 250, maxMs: 5_000 };

/** While open: what a person changes meanwhile is found within this. */
const RECHECK_MS = 60_000;

/** So long after a check a failure does not ask for another: it would take longer than the INSERT. */
const TRUST_MS = 5_000;

/** How long a stopping server waits for a try that is under way. */
const CLOSE_WITHIN_MS = 2_000;

/** How often the same findings are logged again. */
const LOG_AGAIN_MS = 10 * 60_000;

/**
 * The one gate before all INSERTs of rows: they pass while ClickHouse is migrated and everything that the guarantees rest
 * on has been looked at and found well.
 *
 * States: `shut` (migrated and checked again and again, at growing intervals), `open` (checked once a minute), `closed`.
 * An INSERT that fails for anything but its rows shuts it, unless the last check is very fresh, so that ClickHouse is looked at anew after each outage: it may
 * have come back as another version, restored, or with other settings. Nothing may be inserted before the views exist:
 * rows that reach the raw table before them would be missing from the views until a repair.
 */
export class Gate {
  readonly #deps: GateDependencies;
  readonly #stop = new AbortController();
  #state: 'shut' | 'open' | 'closed' = 'shut';
  #reason: NotReady = new NotReady('server', 'its tables are being migrated and checked');
  #findings: readonly Finding[] = [];
  #attempt: Promise<void> | undefined;
  #work: Promise<void> = Promise.resolve();
  #isMigrated = false;
  #foundWellMs = -Infinity;
  #logged = '';
  #loggedMs = 0;

  constructor(dependencies: GateDependencies) {
    this.#deps = dependencies;
  }

  /** Resolves after the first try; further ones go on in the background. */
  async start(): Promise<void> {
    await this.#prepare();
    this.#work = this.#watch();
  }

  /** `ready`, or why nothing is shipped, for people. */
  get state(): string {
    if (this.#state === 'open') return 'ready';
    return this.#state === 'closed' ? 'closed' : this.#reason.message;
  }

  /** What the last check found, warnings included. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /**
   * Does `insert` when the gate is open; a shut one is tried once first.
   * @throws NotReady while it is shut, or when rows are refused by tables that are not as they should be: what is thrown
   * as a refusal of rows was refused by the tables that the rows were written for. And whatever `insert` throws
   */
  async pass(insert: () => Promise<void>): Promise<void> {
    if (this.#state === 'shut') await this.#prepare();
    if (this.#state !== 'open') throw this.#state === 'closed' ? closed() : this.#reason;
    try {
      await insert();
    } catch (error) {
      if (refusesRows(error)) await this.#assertTables(error);
      else if (this.#isWorthACheck(error)) this.#shut(error);
      throw error;
    }
  }

  /**
   * Ends the tries, and waits for the one under way, though not for long: a migration may take hours, and the next server
   * goes on with it.
   */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#stop.abort();
    const ended = Promise.all([this.#work, this.#attempt]);
    await Promise.race([ended, sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
  }

  async #watch(): Promise<void> {
    for (let failures = this.#state === 'open' ? 0 : 1; !this.#stop.signal.aborted;) {
      const waitMs = failures === 0 ? RECHECK_MS : backoffMs(failures, BACKOFF, this.#deps.random);
      await pause(waitMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      await this.#prepare();
      failures = this.#state === 'open' ? 0 : failures + 1;
    }
  }

  /** Connections that break one after the other are no news; that a table is gone always is. */
  #isWorthACheck(error: unknown): boolean {
    const kind = classify(error);
    const sinceMs = Math.abs(this.#deps.nowMs() - this.#foundWellMs);
    return kind === 'schema' || (kind === 'server' && sinceMs >= TRUST_MS);
  }

  /** Never throws. At most one is under way. */
  async #prepare(): Promise<void> {
    this.#attempt ??= this.#migrateAndCheck().finally(() => (this.#attempt = undefined));
    await this.#attempt;
  }

  async #migrateAndCheck(): Promise<void> {
    const { migrate, check } = this.#deps;
    try {
      // First, because it ends in seconds when ClickHouse does not answer, and a migration may take hours.
      const found = await check().catch(unlessSchema);
      if (found !== undefined && this.#isMigrated && !found.some(isBlocking)) {
        this.#judge(found);
        return;
      }
      await migrate();
      this.#isMigrated = true;
      this.#judge(await check());
    } catch (error) {
      this.#shut(error);
    }
  }

  #judge(findings: readonly Finding[]): void {
    this.#findings = findings;
    if (findings.length > 0) this.#logBounded(findings.map(describeFinding).join('; '), findings);
    const blocking = findings.filter(isBlocking);
    if (blocking.length > 0) this.#shut(new NotReady('schema', blocking.map(describeFinding).join('; ')));
    else {
      this.#foundWellMs = this.#deps.nowMs();
      if (this.#state === 'shut') this.#state = 'open';
    }
  }

  async #assertTables(refusal: unknown): Promise<void> {
    const findings = await this.#deps.checkTables().catch((error: unknown) => {
      throw new NotReady('server', `it could not be seen why rows are refused: ${messageOf(error)}`, refusal);
    });
    if (!findings.some(isBlocking)) return;
    this.#judge(findings);
    throw this.#reason;
  }

  #shut(error: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'shut';
    const failureClass = classify(error) === 'schema' ? 'schema' : 'server';
    this.#reason = error instanceof NotReady ? error : new NotReady(failureClass, messageOf(error), error);
    if (failureClass === 'server') this.#findings = [];
    this.#logBounded(this.#reason.message, this.#findings);
  }

  #logBounded(message: string, findings: readonly Finding[]): void {
    const { log, nowMs } = this.#deps;
    if (message === this.#logged && Math.abs(nowMs() - this.#loggedMs) < LOG_AGAIN_MS) return;
    this.#logged = message;
    this.#loggedMs = nowMs();
    if (findings.some(isBlocking))
      log.error({ findings }, 'nothing is shipped to ClickHouse until this is fixed; events wait in the journal');
    else if (findings.length > 0) log.warn({ findings }, 'ClickHouse is not as it should be; shipping goes on');
    else log.warn({ reason: message }, 'ClickHouse is not ready; events wait in the journal until it is');
  }
}

/** A database or table that is not there yet is for the migrations. */
function unlessSchema(error: unknown): undefined {
  if (classify(error) !== 'schema') throw error;
}

function closed(): NotReady {
  return new NotReady('server', 'this server is shutting down');
}
