import { LRUCache } from 'lru-cache';
import { invalid, show } from '../../common/errors.ts';
import { DAY_MS, HOUR_MS } from '../../common/units.ts';

/** What a time zone is named by, as the end of a sentence. */
export const TIME_ZONE_WORDS = 'the name of a time zone in the IANA database, such as Europe/Berlin';

/** A moment at which the clocks of a zone are set, in milliseconds; an offset is how far they are ahead of UTC. */
interface ClockChange {
  readonly atMs: number;
  readonly offsetMs: number;
}

const SECOND_MS = 1000;

/** No clock was ever further from UTC than this, nor set twice within it. */
const STEP_MS = 26 * HOUR_MS;

const MAX_ZONES = 50;
/** About three years of days, for each zone. */
const MAX_STEPS = 1000;
const clocks = new LRUCache<string, ZoneClock>({ max: MAX_ZONES });

/** The offset at the beginning of a step, and what it is changed to within. */
interface Step {
  readonly offsetMs: number;
  readonly change: ClockChange | undefined;
}

/**
 * The clock of the zone that the parameter `timezone` names.
 * @throws AppError `invalid` when there is no such zone
 */
export function parseTimeZone(name: string): ZoneClock {
  const known = clocks.get(name);
  if (known !== undefined) return known;
  try {
    // Some versions of Node take offsets, too, which are no names.
    if (!/^[A-Za-z]/.test(name)) throw new RangeError('not a name');
    const clock = new ZoneClock(name);
    clocks.set(name, clock);
    return clock;
  } catch {
    throw invalid([{ path: 'timezone', message: `received ${show(name)}, expected ${TIME_ZONE_WORDS}` }]);
  }
}

/** What the clocks of a time zone show, and when they are set. Times are milliseconds since the epoch. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  /** To ask Intl takes long. */
  readonly #steps = new LRUCache<number, Step>({ max: MAX_STEPS });

  /** @throws RangeError when there is no such zone */
  constructor(name: string) {
    const numeric = 'numeric';
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  }

  /** How far the clocks are ahead of UTC. */
  offsetMs(atMs: number): number {
    const { offsetMs, change } = this.#step(Math.floor(atMs / STEP_MS));
    return change !== undefined && change.atMs <= atMs ? change.offsetMs : offsetMs;
  }

  /** The offset at a time, and the changes after it up to another, in order. */
  changes(fromMs: number, toMs: number): ClockChange[] {
    const changes = [{ atMs: fromMs, offsetMs: this.offsetMs(fromMs) }];
    for (let index = Math.floor(fromMs / STEP_MS); index * STEP_MS <= toMs; index += 1) {
      const { change } = this.#step(index);
      if (change !== undefined && change.atMs > fromMs && change.atMs <= toMs) changes.push(change);
    }
    return changes;
  }

  /** The first moment at which the clocks show a local time, or a later one: they may never show itself. */
  firstAt(localMs: number): number {
    const changes = this.changes(localMs - STEP_MS, localMs + STEP_MS);
    for (const [index, { atMs, offsetMs }] of changes.entries()) {
      const firstMs = Math.max(atMs, localMs - offsetMs);
      if (firstMs < (changes[index + 1]?.atMs ?? Infinity)) return firstMs;
    }
    return localMs;
  }

  /** The local date, as days since 1970-01-01. */
  dayAt(atMs: number): number {
    return Math.floor((atMs + this.offsetMs(atMs)) / DAY_MS);
  }

  #step(index: number): Step {
    const known = this.#steps.get(index);
    if (known !== undefined) return known;
    const offsetMs = this.#read(index * STEP_MS);
    const after = this.#steps.get(index + 1)?.offsetMs ?? this.#read((index + 1) * STEP_MS);
    const step = { offsetMs, change: after === offsetMs ? undefined : this.#changeWithin(index, offsetMs) };
    this.#steps.set(index, step);
    return step;
  }

  #changeWithin(index: number, before: number): ClockChange {
    let [lowS, highS] = [(index * STEP_MS) / SECOND_MS, ((index + 1) * STEP_MS) / SECOND_MS];
    while (highS - lowS > 1) {
      const middleS = Math.floor((lowS + highS) / 2);
      if (this.#read(middleS * SECOND_MS) === before) lowS = middleS;
      else highS = middleS;
    }
    return { atMs: highS * SECOND_MS, offsetMs: this.#read(highS * SECOND_MS) };
  }

  #read(atMs: number): number {
    const numbers = this.#format.format(atMs).match(/\d+/g)?.map(Number) ?? [];
    const [month = 1, day, year = 1970, hour, minute, second] = numbers;
    return Date.UTC(year, month - 1, day, hour, minute, second) - atMs;
  }
}
