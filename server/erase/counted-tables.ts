import { hoursFromRaw, minutesFromRaw, NO_FIRST } from '../queries/verify/views.ts';

/** A table of sets, as far as an erasure must know it. */
export interface CountedTable {
  readonly name: 'minutes' | 'hours';
  /** The column with the time of a row; a function of the timestamp of an event. */
  readonly time: 'minute' | 'hour';
  readonly toStart: 'toStartOfMinute' | 'toStartOfHour';
  readonly fromRaw: (events: string, condition: string) => string;
  /** The columns that are made anew from the raw events. */
  readonly sets: readonly string[];
  /** SQL of each where there is no event, unless it is the default of its type. */
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
    sets: ['ids'],
    empty: {},
    reset: [],
  },
  {
    name: 'hours',
    time: 'hour',
    toStart: 'toStartOfHour',
    fromRaw: hoursFromRaw,
    sets: ['first', 'last', 'users', 'sessions'],
    empty: { first: NO_FIRST },
    reset: ['counted = 0'],
  },
];
