import { ClassifiedError } from '../clickhouse/errors.ts';
import type { Logger } from '../log.ts';
import type { Blocks } from './block-counter.ts';
import type { Shipment } from './shipment.ts';

export interface InsertOnceDependencies {
  /** One INSERT under the shipment's token. */
  readonly insert: (shipment: Shipment) => Promise<void>;
  /** How many rows the raw table has under exactly this token. */
  readonly countStored: (shipment: Shipment) => Promise<number>;
  /** Which rows it has, under this token or that of a part. */
  readonly findStored: (shipment: Shipment) => Promise<readonly boolean[]>;
  readonly countBlocks: (table: string, agoMs: number) => Promise<Blocks>;
  /** Since when rows fall to the shards that they fall to now; undefined when there is nothing to share out. */
  readonly layoutSinceMs: () => Promise<number | undefined>;
  /** Whether ClickHouse is still at work on an INSERT under this token. */
  readonly isAtWork: (token: string) => Promise<boolean>;
  /** How many blocks ClickHouse remembers of a table; the self-check makes sure. */
  readonly deduplicationWindow: number;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/** Some rows of a shipment are stored and some are not, and its token is no longer remembered: it must be cut. */
export class PartlyStored extends ClassifiedError {
  /** For each row whether it is stored. */
  readonly stored: readonly boolean[];

  constructor({ token }: Shipment, stored: readonly boolean[]) {
    const count = stored.filter(Boolean).length;
    super(
      'request',
      `ClickHouse has ${count} of the ${stored.length} rows of ${token}, and the others are to be sent without them`,
    );
    this.stored = stored;
  }
}

/** An earlier try may store rows after they are looked up. */
class StillAtWork extends ClassifiedError {
  constructor(token: string) {
    super('server', `ClickHouse is still at work on an earlier try of ${token}`);
  }
}

/** Which part of the window is relied on: half, because blocks come between the count and the INSERT. */
const SAFE_SHARE = 0.5;

/** A count this old is good enough for the first try of a shipment: an older one only makes it look older. */
const COUNT_FOR_MS = 60_000;

/** In so short a time no table takes as many blocks, each of which is a synced part, so nothing is counted. */
const FRESH_MS = 5_000;

/** Clocks of different machines, and the seconds that ClickHouse rounds its times to. */
const CLOCK_MARGIN_MS = 120_000;

/** When a shipment was first sent from here, and after how many blocks of its table at least. */
interface Tried {
  readonly blocks: number;
  /** Since the epoch: it is compared with ClickHouse's clock, and goes on while the machine sleeps. */
  readonly firstMs: number;
}

/**
 * Puts rows into ClickHouse once, also when their token may have been forgotten there.
 *
 * A shipment may be stored without anyone here knowing when an earlier try failed, or an earlier process may have tried.
 * Then its rows are looked up before they are sent, and what is there is not sent again, if the token may not help:
 * - the table has taken so many blocks since the first try that ClickHouse may have forgotten it;
 * - rows may have moved to other shards since, each of which knows only the tokens that it was sent.
 * Nothing is looked up while an earlier try is still at work in ClickHouse.
 *
 * What cannot be known then is whether the view has rows that the raw table has: ClickHouse may have died between the
 * two. That is left to `npm run verify -- --repair`, and the log says for which batch.
 */
export class InsertOnce {
  readonly #deps: InsertOnceDependencies;
  /** The block count of the table before the first try, for what was tried and is not known to be stored. */
  readonly #tried = new Map<string, Tried>();
  readonly #counts = new Map<string, { readonly blocks: number; readonly readMs: number }>();

  constructor(dependencies: InsertOnceDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Resolves once ClickHouse has every row of the shipment.
   * @throws PartlyStored, and whatever the INSERT or a question before it throws
   */
  async insert(shipment: Shipment): Promise<void> {
    const { table, token } = shipment;
    if (!(await this.#isRemembered(shipment))) {
      if (await this.#deps.isAtWork(token)) throw new StillAtWork(token);
      const stored = await this.#deps.findStored(shipment);
      if (stored.every(Boolean)) {
        this.#tried.delete(token);
        this.#deps.log.warn(
          { table, batch: token, rows: stored.length },
          'a batch whose token could not be relied on is stored already; npm run verify says whether the hourly view has it',
        );
        return;
      }
      if (stored.some(Boolean)) throw new PartlyStored(shipment, stored);
    }
    if (!this.#tried.has(token)) {
      this.#tried.set(token, { blocks: await this.#count(table), firstMs: this.#deps.nowMs() });
    }
    await this.#deps.insert(shipment);
    this.#tried.delete(token);
  }

  /** How many rows of a shipment that was refused are stored all the same. With none, it is as if never tried. */
  async countStored(shipment: Shipment): Promise<number> {
    const stored = await this.#deps.countStored(shipment);
    if (stored === 0) this.#tried.delete(shipment.token);
    return stored;
  }

  /** Whether its token keeps the shipment from being stored twice, if it was stored; true for what was never tried. */
  async #isRemembered({ table, token, recoveredMs }: Shipment): Promise<boolean> {
    const { countBlocks, layoutSinceMs, deduplicationWindow, nowMs } = this.#deps;
    const before = this.#tried.get(token);
    const firstMs = recoveredMs ?? before?.firstMs;
    if (firstMs === undefined) return true;
    // However fresh the first try is: a shard is added in less time.
    const sinceMs = await layoutSinceMs();
    const ageMs = nowMs() - firstMs;
    if (sinceMs !== undefined && (ageMs < 0 || firstMs <= sinceMs + CLOCK_MARGIN_MS)) return false;
    if (recoveredMs === undefined && Math.abs(ageMs) < FRESH_MS) return true;
    const { now, earlier } = await countBlocks(table, Math.max(0, ageMs) + CLOCK_MARGIN_MS);
    // A clock that went back says nothing about the time.
    const since = now - (before?.blocks ?? (ageMs < 0 ? 0 : earlier));
    return since >= 0 && since <= deduplicationWindow * SAFE_SHARE;
  }

  async #count(table: string): Promise<number> {
    const { countBlocks, nowMs } = this.#deps;
    const known = this.#counts.get(table);
    if (known !== undefined && Math.abs(nowMs() - known.readMs) < COUNT_FOR_MS) return known.blocks;
    const { now: blocks } = await countBlocks(table, 0);
    this.#counts.set(table, { blocks, readMs: nowMs() });
    return blocks;
  }
}
