import { hoursFromRaw, minutesFromRaw, NO_FIRST, NO_LAST, NO_IDS, NOBODY } from '../queries/verify/views.ts';

/** A table of sets, as far as an erasure must know it. */
export interface CountedTable {
  readonly name: 'minutes' | 'hours';
  /** The column with the time of a row; a function of the timestamp of an event. */
  readonly time: 'minute' | 'hour';
  readonly toStart: 'toStartOfMinute' | 'toStartOfHour';
  readonly fromRaw: (events: string, condition: string) => string;
  /** The columns that are made anew from the raw events, with their types, and how each is grown in a row. */
  readonly sets: Readonly<Record<string, string>>;
  /** SQL of each where there is no event. */
  readonly empty: Readonly<Record<string, string>>;
  /** What else must change with them. */
  readonly reset: readonly string[];
}

export const COUNTED_TABLES: readonly CountedTable[] = [
  {
    name: 'minutes',
    time: 'minute',
    toStart: 'toStartOfMinute',
    fromRaw: minutesFromRaw,
    sets: { ids: "AggregateFunction(uniqExact, String, DateTime64(6, 'UTC'))" },
    empty: { ids: NO_IDS },
    reset: [],
  },
  {
    name: 'hours',
    time: 'hour',
    toStart: 'toStartOfHour',
    fromRaw: hoursFromRaw,
    sets: {
      first: "DateTime64(6, 'UTC')",
      last: "DateTime64(6, 'UTC')",
      users: 'AggregateFunction(uniqExact, String)',
      sessions: 'AggregateFunction(uniqExact, String)',
    },
    empty: { first: NO_FIRST, last: NO_LAST, users: NOBODY, sessions: NOBODY },
    reset: ['counted = 0'],
  },
];
