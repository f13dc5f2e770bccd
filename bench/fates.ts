import type { ClickHouseClient } from '../server/clickhouse/client.ts';

const UNKNOWN = 0;
const ACKNOWLEDGED = 1;
const REFUSED = 2;

/** What ClickHouse has, held against what the callers were told; each but the first count must be 0. */
export interface Verdict {
  readonly acknowledged: number;
  /** Acknowledged, and not stored. */
  readonly missing: number;
  /** Stored more than once. */
  readonly twice: number;
  /** Refused, and stored all the same. */
  readonly refusedAndStored: number;
  /** Of those whose answer never came; they may be stored or not. */
  readonly unknownAndStored: number;
}

/** What became of each of millions of events, one byte each. Event number N is sent as the user `N`. */
export class Fates {
  #fates = new Uint8Array(1 << 20);
  #count = 0;

  /** The number of a new event. */
  next(): number {
    if (this.#count === this.#fates.length) {
      const larger = new Uint8Array(2 * this.#fates.length);
      larger.set(this.#fates);
      this.#fates = larger;
    }
    this.#count += 1;
    return this.#count - 1;
  }

  answered(event: number, status: number): void {
    this.#fates[event] = status === 204 ? ACKNOWLEDGED : REFUSED;
  }

  /** Reads back every event. @param client of a user who may read the raw table */
  async check(client: ClickHouseClient): Promise<Verdict> {
    const stored = new Uint8Array(this.#count);
    const result = await client.query({ query: 'SELECT toUInt32(user) FROM events', format: 'TabSeparated' });
    for await (const rows of result.stream()) {
      for (const { text } of rows) {
        const event = Number(text);
        stored[event] = Math.min(255, (stored[event] ?? 0) + 1);
      }
    }
    const verdict = { acknowledged: 0, missing: 0, twice: 0, refusedAndStored: 0, unknownAndStored: 0 };
    for (let event = 0; event < this.#count; event += 1) {
      const fate = this.#fates[event];
      const times = stored[event] ?? 0;
      if (fate === ACKNOWLEDGED) verdict.acknowledged += 1;
      if (fate === ACKNOWLEDGED && times === 0) verdict.missing += 1;
      if (fate === REFUSED && times > 0) verdict.refusedAndStored += 1;
      if (fate === UNKNOWN && times > 0) verdict.unknownAndStored += 1;
      if (times > 1) verdict.twice += 1;
    }
    return verdict;
  }
}
