import type { Cohort } from '../../api/questions.ts';
import { shifted, type Unit } from '../../text/zoned.ts';

export interface CohortClock {
  readonly interval: Unit;
  /** IANA name */
  readonly zone: string;
  /** The end of the minute that it is: what ends then goes on. */
  readonly nowMs: number;
}

export interface CohortTime {
  /** How many intervals have begun: of what is still to come there is nothing to say. */
  readonly seen: number;
  /** The index of the one that goes on, if one does. */
  readonly unfinished: number | undefined;
}

/** How far the time of a cohort has gone. */
export function timeOf({ start, returned }: Cohort, { interval, zone, nowMs }: CohortClock): CohortTime {
  const isToCome = (index: number) => shifted(Date.parse(start), index, interval, zone) >= nowMs;
  const begun = returned.findIndex((_, index) => isToCome(index));
  const seen = begun === -1 ? returned.length : begun;
  return { seen, unfinished: isToCome(seen) ? seen - 1 : undefined };
}
