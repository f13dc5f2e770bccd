/** The units that time is cut into, as in the questions to the service. */
export type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall shows in a zone, in milliseconds, as if it were UTC. @param zone IANA name */
export function wallOf(ms: number, zone: string): number {
  if (zone === 'UTC') return ms;
  const parts = Object.fromEntries(
    clockOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + within(ms, 1000);
}

/** When a clock shows this; of a time that is skipped, the one after the gap, and of one that comes twice, one of both. */
export function instantOf(wallMs: number, zone: string): number {
  const guess = wallMs - (wallOf(wallMs, zone) - wallMs);
  const missed = wallMs - wallOf(guess, zone);
  const found = guess + missed;
  // In the gap of a zone behind UTC, the second look is from after the gap, and leads to before it.
  return wallOf(found, zone) < wallMs ? guess : found;
}

/** The beginning of the unit that holds a time. Weeks begin on Monday. */
export function startOf(unit: Unit, ms: number, zone: string): number {
  const wall = wallOf(ms, zone);
  if (unit === 'minute') return ms - within(wall, MINUTE_MS);
  if (unit === 'hour') return ms - within(wall, 60 * MINUTE_MS);
  const date = new Date(wall);
  const day = Math.floor(wall / DAY_MS) * DAY_MS;
  if (unit === 'day') return instantOf(day, zone);
  if (unit === 'week') return instantOf(day - ((date.getUTCDay() + 6) % 7) * DAY_MS, zone);
  return instantOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1), zone);
}

/** Whether two times are on the same day of a zone. */
export function areOfOneDay(ms: number, otherMs: number, zone: string): boolean {
  return Math.floor(wallOf(ms, zone) / DAY_MS) === Math.floor(wallOf(otherMs, zone) / DAY_MS);
}

/** The same time so many units later; of a day that a month does not have, as far into the month after it. */
export function shifted(ms: number, count: number, unit: Unit, zone: string): number {
  if (unit === 'minute') return ms + count * MINUTE_MS;
  if (unit === 'hour') return ms + count * 60 * MINUTE_MS;
  const wall = wallOf(ms, zone);
  if (unit !== 'month') return instantOf(wall + count * DAY_MS * (unit === 'week' ? 7 : 1), zone);
  const date = new Date(wall);
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, date.getUTCDate());
  return instantOf(midnight + within(wall, DAY_MS), zone);
}

/** Whether the browser knows a zone by this name. */
export function isZone(zone: string): boolean {
  try {
    clockOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** How far a time is into its unit, also before 1970. */
function within(ms: number, unitMs: number): number {
  return ((ms % unitMs) + unitMs) % unitMs;
}

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    clocks.set(zone, clock);
  }
  return clock;
}
