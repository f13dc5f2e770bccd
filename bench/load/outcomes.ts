import type { ClickHouseClient } from '../../server/clickhouse/client.ts';

const UNKNOWN = 0;
const ACKNOWLEDGED = 1;
const REFUSED = 2;

/** What ClickHouse has, held against what the callers were told, in requests; each but the first count must be 0. */
export interface Verdict {
  readonly acknowledged: number;
  /** Acknowledged, and not all of its events are stored. */
  readonly missing: number;
  /** More events are stored than were sent. */
  readonly twice: number;
  /** Refused, and stored all the same. */
  readonly refusedAndStored: number;
  /** Of those whose answer never came; they may be stored or not. */
  readonly unknownAndStored: number;
}

/** What became of each of millions of requests, one byte each. The events of request number N have the user `N`. */
export class Outcomes {
  readonly eventsPerRequest: number;
  #outcomes = new Uint8Array(1 << 20);
  #count = 0;

  /** @param eventsPerRequest at most 254 */
  constructor(eventsPerRequest: number) {
    this.eventsPerRequest = eventsPerRequest;
  }

  /** The number of a new request. */
  next(): number {
    if (this.#count === this.#outcomes.length) {
      const larger = new Uint8Array(2 * this.#outcomes.length);
      larger.set(this.#outcomes);
      this.#outcomes = larger;
    }
    this.#count += 1;
    return this.#count - 1;
  }

  answered(request: number, isAcknowledged: boolean): void {
    this.#outcomes[request] = isAcknowledged ? ACKNOWLEDGED : REFUSED;
  }

  /** Reads back every user. @param client of a user who may read the raw table */
  async check(client: ClickHouseClient): Promise<Verdict> {
    const stored = new Uint8Array(this.#count);
    const result = await client.query({ query: 'SELECT toUInt32(user) FROM events', format: 'TabSeparated' });
    for await (const rows of result.stream()) {
      for (const { text } of rows) {
        const request = Number(text);
        stored[request] = Math.min(255, (stored[request] ?? 0) + 1);
      }
    }
    const verdict = { acknowledged: 0, missing: 0, twice: 0, refusedAndStored: 0, unknownAndStored: 0 };
    for (let request = 0; request < this.#count; request += 1) {
      const outcome = this.#outcomes[request];
      const times = stored[request] ?? 0;
      if (outcome === ACKNOWLEDGED) verdict.acknowledged += 1;
      if (outcome === ACKNOWLEDGED && times < this.eventsPerRequest) verdict.missing += 1;
      if (outcome === REFUSED && times > 0) verdict.refusedAndStored += 1;
      if (outcome === UNKNOWN && times > 0) verdict.unknownAndStored += 1;
      if (times > this.eventsPerRequest) verdict.twice += 1;
    }
    return verdict;
  }
}
