import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminNode } from '../clickhouse/admin-node.ts';
import { rowsOf, type ClickHouseClient } from '../clickhouse/client.ts';
import { requireRoom } from '../clickhouse/disk-room.ts';
import { codeOf } from '../clickhouse/errors.ts';
import { AppError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';

export interface LockTimes {
  /** How long to wait for another one before giving up. */
  readonly waitMs: number;
  /** A holder that has not been heard of for this long, by ClickHouse's clock, is taken for dead. */
  readonly staleMs: number;
}

/** The node that has the lock. */
type LockNode = Pick<AdminNode, 'client' | 'endpoint'>;

interface Generation {
  readonly number: number;
  readonly owner: string;
  readonly ageMs: number;
}

const USUAL_TIMES: LockTimes = { waitMs: 300_000, staleMs: 15_000 };

const TABLE_ALREADY_EXISTS = '57';
const POLL_MS = 200;

/**
 * One migration, erasure, restore or repair at a time on a database, with nothing but ClickHouse. CREATE TABLE without IF NOT EXISTS is
 * atomic: whoever creates `migration_lock_1` holds the lock.
 *
 *   free --create 1--> held --drop--> free
 *                       | holder silent for staleMs: another process creates the next generation
 *                       v
 *                      lost
 *
 * The holder of the highest generation holds the lock. The owner and the time of the last sign of life are in the
 * table's comment. A holder that was only slow, not dead, finds out in `assertHeld`, which it calls before each step.
 */
export class MaintenanceLock {
  readonly #node: LockNode;
  readonly #number: number;
  readonly #owner: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(node: LockNode, number: number, owner: string, staleMs: number) {
    this.#node = node;
    this.#number = number;
    this.#owner = owner;
    // A beat that fails is not repeated at once: the next one comes, and assertHeld tells whether it came too late.
    this.#beat = setInterval(() => void this.#refresh().catch(() => undefined), staleMs / 5);
  }

  /**
   * Holds the lock for as long as the work takes.
   * @throws what `acquire` throws, and the work
   */
  static async hold<T>(
    node: LockNode,
    log: Logger,
    work: (lock: MaintenanceLock) => Promise<T>,
    times?: LockTimes,
  ): Promise<T> {
    const lock = await MaintenanceLock.acquire(node, log, times);
    try {
      return await work(lock);
    } finally {
      // Not thrown: it would hide why the work failed, and a lock that stays behind only costs the next one some seconds.
      await lock.release().catch((error: unknown) => log.warn({ err: error }, 'the lock was not released'));
    }
  }

  /**
   * @throws AppError `unavailable` when another process holds the lock for longer than `waitMs`, `overloaded` on a full disk;
   * what ClickHouse answers
   */
  static async acquire(node: LockNode, log: Logger, times: LockTimes = USUAL_TIMES): Promise<MaintenanceLock> {
    // As it can be in a comment, and so be known again.
    const owner = `${hostname()} ${process.pid} ${randomUUID()}`.replaceAll(/[^\w .-]/g, '_');
    const deadline = Date.now() + times.waitMs;
    const { client } = node;
    for (let waited = false; ; waited = true) {
      const holder = (await generations(client)).at(-1);
      if (holder === undefined || holder.ageMs > times.staleMs) {
        const number = (holder?.number ?? 0) + 1;
        await requireRoom(node);
        if (await tryCreate(client, number, owner)) {
          if (holder !== undefined)
            log.warn(
              { holder: holder.owner },
              'took over the lock of a migration, erasure, restore or repair that died',
            );
          return new MaintenanceLock(node, number, owner, times.staleMs);
        }
        continue;
      }
      if (Date.now() > deadline) throw heldTooLong(holder, times.waitMs);
      if (!waited) log.warn({ holder: holder.owner }, 'waiting for another migration, erasure, restore or repair');
      await sleep(POLL_MS);
    }
  }

  /**
   * Whether the next step may be taken.
   * @throws AppError `unavailable` when another process has taken this one for dead and has the lock now, `overloaded` when the disk
   * is full by now; what ClickHouse answers
   */
  async assertHeld(): Promise<void> {
    await this.#assertLatest();
    await requireRoom(this.#node);
  }

  async #assertLatest(): Promise<void> {
    const holder = (await generations(this.#node.client)).at(-1);
    if (holder?.owner === this.#owner) return;
    throw new AppError(
      'unavailable',
      `Stopped: this migration, erasure, restore or repair was silent for too long, and ${holder?.owner ?? 'another one'} took over.`,
    );
  }

  /** Frees the lock, unless it has been lost. */
  async release(): Promise<void> {
    clearInterval(this.#beat);
    const { client } = this.#node;
    const all = await generations(client);
    if (all.at(-1)?.owner !== this.#owner) return;
    // Lowest first: while the highest exists, nobody takes the lock.
    for (const { number } of all) {
      await client.command({ query: `DROP TABLE IF EXISTS migration_lock_${number} SYNC` });
    }
  }

  async #refresh(): Promise<void> {
    // Also on a full disk: a holder that works must not be taken for dead.
    await this.#assertLatest();
    const { client } = this.#node;
    await client.command({
      query: `ALTER TABLE migration_lock_${this.#number} MODIFY COMMENT '${await comment(client, this.#owner)}'`,
    });
  }
}

/** Every generation that exists, lowest first. */
async function generations(client: ClickHouseClient): Promise<Generation[]> {
  const query = `
    SELECT
        toUInt32(substring(name, length('migration_lock_') + 1)) AS number,
        splitByChar('@', comment)[1] AS owner,
        toUnixTimestamp64Milli(now64(3)) - toInt64OrZero(splitByChar('@', comment)[2]) AS ageMs
    FROM system.tables
    WHERE database = currentDatabase() AND match(name, '^migration_lock_[0-9]+$')
    ORDER BY number`;
  return await rowsOf<Generation>(client, query, {}, { output_format_json_quote_64bit_integers: 0 });
}

async function tryCreate(client: ClickHouseClient, number: number, owner: string): Promise<boolean> {
  try {
    await client.command({
      query: `
        CREATE TABLE migration_lock_${number} (held UInt8) ENGINE = Null
        COMMENT '${await comment(client, owner)}'`,
    });
    return true;
  } catch (error) {
    if (codeOf(error) === TABLE_ALREADY_EXISTS) return false;
    throw error;
  }
}

/** `OWNER@MILLISECONDS`, by ClickHouse's clock, because the clocks of two processes need not agree. */
async function comment(client: ClickHouseClient, owner: string): Promise<string> {
  const result = await client.query({
    query: 'SELECT toUnixTimestamp64Milli(now64(3))',
    format: 'TabSeparated',
  });
  return `${owner}@${(await result.text()).trim()}`;
}

function heldTooLong(holder: Generation, waitMs: number): AppError {
  return new AppError(
    'unavailable',
    `Another migration, erasure, restore or repair (${holder.owner}) has been at work for more than ${waitMs / 1000} s. Try again when it is done.`,
  );
}
