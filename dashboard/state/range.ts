import { instantOf, isZone, shifted, startOf, wallOf, DAY_MS, MINUTE_MS, type Unit } from '../text/zoned.ts';

/** Which time a question is about, in milliseconds; without an end, up to now. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number | undefined;
}

/** Which time is looked at, as in a link: a preset, or from one time to another. */
export interface RangeState {
  /** The id of a preset; empty with times, or for the usual one of the view. */
  readonly range: string;
  /** As an input of the type `datetime-local` writes it, in the zone of the page. */
  readonly from: string;
  readonly to: string;
}

interface Preset {
  readonly id: string;
  readonly label: string;
  /** In the middle of a sentence. */
  readonly words: string;
  /** So many units, this one included; or, of `this`, the unit that it is. */
  readonly unit: Unit;
  readonly count: number;
  /** What it is cut into. */
  readonly interval: Unit;
}

export const PRESETS: readonly [Preset, ...Preset[]] = [
  { id: '1h', label: '1 hour', words: 'in the last hour', unit: 'minute', count: 60, interval: 'minute' },
  { id: '24h', label: '24 hours', words: 'in the last 24 hours', unit: 'hour', count: 24, interval: 'hour' },
  { id: '7d', label: '7 days', words: 'in the last 7 days', unit: 'day', count: 7, interval: 'day' },
  { id: '31d', label: '31 days', words: 'in the last 31 days', unit: 'day', count: 31, interval: 'day' },
  { id: '90d', label: '90 days', words: 'in the last 90 days', unit: 'day', count: 90, interval: 'day' },
  { id: '12m', label: '12 months', words: 'in the last 12 months', unit: 'month', count: 12, interval: 'month' },
  { id: 'week', label: 'This week', words: 'this week', unit: 'week', count: 1, interval: 'day' },
  { id: 'month', label: 'This month', words: 'this month', unit: 'month', count: 1, interval: 'day' },
];

/** A range at a time and in a zone. Times in milliseconds; `toMs` is excluded. */
export interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
  /** What the service is asked for: without an end where that is now, which is later there than when it is asked. */
  readonly asked: Stretch;
  /** Whether it goes on, or ended so short a while ago that the last of it is still on its way. */
  readonly isOpen: boolean;
  readonly interval: Unit;
  /** The same stretch of the period before. */
  readonly before: { readonly fromMs: number; readonly toMs: number };
  /** In the middle of a sentence. */
  readonly words: string;
}

export interface ReadRange {
  readonly bounds: Bounds;
  /** The preset that holds; undefined for times. */
  readonly preset: string | undefined;
  /** What of the link is not used. */
  readonly problem: string | undefined;
}

/** @param nowMs at the service, the end of the minute that it is @param usual the preset of the view @param zone IANA name */
export function readRange({ range, from, to }: RangeState, nowMs: number, zone: string, usual = '24h'): ReadRange {
  if (from !== '' || to !== '') {
    const read = customBounds(from, to, zone);
    if ('bounds' in read) return { bounds: untilNow(read.bounds, nowMs, zone), preset: undefined, problem: undefined };
    return { ...presetBounds(usual, nowMs, zone), problem: read.from ?? read.to };
  }
  const known = PRESETS.some(({ id }) => id === range);
  const ids = PRESETS.map(({ id }) => id).join(', ');
  const problem = known || range === '' ? undefined : `Received the range “${cut(range)}”, expected ${ids}.`;
  return { ...presetBounds(known ? range : usual, nowMs, zone), problem };
}

function presetBounds(id: string, nowMs: number, zone: string): { bounds: Bounds; preset: string } {
  const preset = PRESETS.find((one) => one.id === id) ?? PRESETS[0];
  const { unit, count, interval, words } = preset;
  const fromMs = shifted(startOf(unit, nowMs - 1, zone), 1 - count, unit, zone);
  const before = earlier({ fromMs, toMs: nowMs }, count, unit, zone);
  const asked = { fromMs, toMs: undefined };
  return { bounds: { fromMs, toMs: nowMs, asked, isOpen: true, interval, before, words }, preset: preset.id };
}

export interface RangeErrors {
  readonly from?: string;
  readonly to?: string;
}

/** Of two times as they are typed; or what is wrong with each. */
export function customBounds(from: string, to: string, zone: string): { readonly bounds: Bounds } | RangeErrors {
  const fromMs = timeAt(from, zone);
  const toMs = timeAt(to, zone);
  if (fromMs === undefined || toMs === undefined) {
    return {
      ...(fromMs === undefined && { from: `Received ${shown(from)}, ${EXPECTED}.` }),
      ...(toMs === undefined && { to: `Received ${shown(to)}, ${EXPECTED}.` }),
    };
  }
  if (toMs <= fromMs) return { to: 'Received an end that is not after the beginning, expected a later one.' };
  const interval = intervalFor(toMs - fromMs);
  const before = wholeUnitsBefore({ fromMs, toMs }, interval, zone);
  const words = `from ${from.replace('T', ' ')} to ${to.replace('T', ' ')}`;
  const asked = { fromMs, toMs };
  return { bounds: { fromMs, toMs, asked, isOpen: false, interval, before, words } };
}

/** How long each is at most, but for an hour that a clock is set back. */
const LONGEST_MS: Readonly<Record<Unit, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
};

/** What a range is compared with that is cut into other intervals than its own. */
export function beforePer(interval: Unit, bounds: Bounds, zone: string): Bounds['before'] {
  const isLonger = LONGEST_MS[interval] > LONGEST_MS[bounds.interval];
  // Whole months are whole days and hours earlier, but not whole weeks.
  if (!isLonger && !(interval === 'week' && bounds.interval === 'month')) return bounds.before;
  return wholeUnitsBefore(bounds, interval, zone);
}

/** The same stretch whole units earlier, so that what is compared is as far into its own. */
function wholeUnitsBefore(stretch: Bounds['before'], unit: Unit, zone: string): Bounds['before'] {
  return earlier(stretch, unitsOf(stretch, unit, zone), unit, zone);
}

/** How many units a stretch takes, the last as far as it goes. */
function unitsOf({ fromMs, toMs }: Bounds['before'], unit: Unit, zone: string): number {
  // Not from one on: in a range of decades there are thousands.
  let count = Math.max(1, Math.floor((toMs - fromMs) / LONGEST_MS[unit]));
  while (shifted(fromMs, count, unit, zone) < toMs) count += 1;
  return count;
}

/** The same stretch so many units earlier; it ends where the later one begins at the latest. */
function earlier({ fromMs, toMs }: Bounds['before'], count: number, unit: Unit, zone: string): Bounds['before'] {
  const endMs = Math.min(fromMs, shifted(toMs, -count, unit, zone));
  return { fromMs: shifted(fromMs, -count, unit, zone), toMs: endMs };
}

/** How long events of a range are waited for after its end. */
const LATE_MS = MINUTE_MS;

/** Of a range that goes on, what is over, and as much of the period before. @param nowMs the end of the minute that it is */
function untilNow(bounds: Bounds, nowMs: number, zone: string): Bounds {
  const { fromMs, toMs, interval } = bounds;
  if (fromMs >= nowMs) return bounds;
  if (toMs <= nowMs) return { ...bounds, isOpen: toMs + LATE_MS > nowMs - MINUTE_MS };
  const asked = { fromMs, toMs: undefined };
  const before = earlier({ fromMs, toMs: nowMs }, unitsOf(bounds, interval, zone), interval, zone);
  return { ...bounds, toMs: nowMs, asked, isOpen: true, before };
}

const EXPECTED = 'expected a date and a time, as in 2026-11-21T14:00';

/** What a length of time is cut into, so that there is neither one piece nor hundreds. */
function intervalFor(lengthMs: number): Unit {
  if (lengthMs <= 180 * MINUTE_MS) return 'minute';
  if (lengthMs <= 3 * DAY_MS) return 'hour';
  if (lengthMs <= 100 * DAY_MS) return 'day';
  return lengthMs <= 2 * 366 * DAY_MS ? 'week' : 'month';
}

/** As an input of the type `datetime-local` takes it. */
export function inputValue(ms: number, zone: string): string {
  return new Date(wallOf(ms, zone)).toISOString().slice(0, 16);
}

/** A time of the years that the service knows; with a Z it is in UTC, whatever the zone. */
function timeAt(text: string, zone: string): number | undefined {
  const match = /^((?:19[789]|20\d)\d-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z?)$/.exec(text.trim());
  const wall = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  if (Number.isNaN(wall)) return undefined;
  return instantOf(wall, match?.[3] === 'Z' || !isZone(zone) ? 'UTC' : zone);
}

function shown(text: string): string {
  return text === '' ? 'nothing' : `“${cut(text)}”`;
}

function cut(text: string): string {
  return text.slice(0, 40);
}
