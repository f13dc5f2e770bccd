import type { Deferred } from '../../../server/common/deferred.ts';
import { hourOf, type HourMs } from '../../../server/events/hours.ts';
import type { HourlyCounts } from '../../../server/queries/hourly/hour-counter.ts';
import type { HourlyQueries } from '../../../server/queries/hourly/read-hourly.ts';

interface CountedHour {
  readonly rows: number;
  readonly minuteRows: number;
  readonly counts: HourlyCounts;
}

/** Tables of counts in memory, which note what they are asked. A minute after the hour begins, all of it happens. */
export class HourTables {
  readonly hours = new Map<HourMs, CountedHour>();
  /** The hours, or minutes, of each query. */
  readonly asked: Record<keyof HourlyQueries, number[][]> = {
    hourVersions: [],
    users: [],
    events: [],
    minuteVersions: [],
    minuteEvents: [],
  };
  /** While set, queries wait for it before they read. */
  gate: Deferred<void> | undefined;
  /** What the next query fails with. */
  failure: Error | undefined;

  put(hour: HourMs, clicks: number, uniqueUsers: number, at: { rows?: number; minuteRows?: number } = {}): void {
    const { rows = clicks } = at;
    const { minuteRows = rows } = at;
    this.hours.set(hour, { rows, minuteRows, counts: { hour, clicks, impressions: 0, uniqueUsers } });
  }

  readonly queries: HourlyQueries = {
    hourVersions: async (hours) => this.#read('hourVersions', hours, ({ rows }) => BigInt(rows)),
    users: async (hours) =>
      this.#read('users', hours, ({ rows, counts: { uniqueUsers } }) => ({ version: BigInt(rows), uniqueUsers })),
    events: async (hours) => this.#read('events', hours, eventsOf),
    minuteVersions: async (hour) =>
      inMinutes(await this.#read('minuteVersions', [hour], ({ minuteRows }) => BigInt(minuteRows))),
    minuteEvents: async (minutes) => inMinutes(await this.#read('minuteEvents', minutes.map(hourOf), eventsOf)),
  };

  async #read<T>(
    query: keyof HourlyQueries,
    hours: readonly HourMs[],
    shape: (hour: CountedHour) => T,
  ): Promise<ReadonlyMap<number, T>> {
    this.asked[query].push([...hours]);
    await this.gate?.promise;
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    return new Map(
      hours.flatMap((hour) => {
        const found = this.hours.get(hour);
        return found === undefined ? [] : [[hour, shape(found)] as const];
      }),
    );
  }
}

const MINUTE_MS = 60_000;

function inMinutes<T>(byHour: ReadonlyMap<HourMs, T>): ReadonlyMap<number, T> {
  return new Map([...byHour].map(([hour, value]) => [hour + MINUTE_MS, value]));
}

function eventsOf({ minuteRows, counts: { clicks, impressions } }: { minuteRows: number; counts: HourlyCounts }) {
  return { version: BigInt(minuteRows), clicks, impressions };
}

/** Every step that is already due, of promises and of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
