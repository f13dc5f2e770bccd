import { HOUR_MS } from '../../text/hours.ts';

/** Which hours are shown: so many up to now, or from one to another. Times in milliseconds, `toMs` excluded. */
export type Range =
  | { readonly kind: 'rolling'; readonly id: string; readonly label: string; readonly hours: number }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number };

/** As many as the service answers at once. */
export const MAX_HOURS = 744;

export const ROLLING = [
  { kind: 'rolling', id: '24h', label: '24 hours', hours: 24 },
  { kind: 'rolling', id: '7d', label: '7 days', hours: 168 },
  { kind: 'rolling', id: '31d', label: '31 days', hours: MAX_HOURS },
] as const satisfies readonly Range[];

export interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The hours of a range, in an hour that begins at `hourMs`; it is the last of a rolling range. */
export function boundsOf(range: Range, hourMs: number): Bounds {
  if (range.kind === 'fixed') return range;
  const toMs = hourMs + HOUR_MS;
  return { fromMs: toMs - range.hours * HOUR_MS, toMs };
}

export interface ReadRange {
  readonly range: Range;
  /** What is wrong with the link, if the range is not the one that it asks for. */
  readonly problem: string | undefined;
}

/** The range of a link: `range=7d`, or `from=` and `to=` in ISO 8601. */
export function readRange(query: URLSearchParams): ReadRange {
  const id = query.get('range');
  const from = query.get('from');
  const to = query.get('to');
  if (from !== null || to !== null) {
    const { range, errors } = fixedRange(from ?? '', to ?? '');
    return { range: range ?? ROLLING[0], problem: errors.from ?? errors.to };
  }
  const range = ROLLING.find((rolling) => rolling.id === (id ?? ROLLING[0].id));
  const ids = ROLLING.map((rolling) => rolling.id).join(', ');
  return {
    range: range ?? ROLLING[0],
    problem: range === undefined ? `Received the range “${id?.slice(0, 40)}”, expected ${ids}.` : undefined,
  };
}

export interface RangeErrors {
  readonly from?: string;
  readonly to?: string;
}

/** A range from two times in UTC, `2026-11-21T14:00` with or without seconds and Z; or what is wrong with each. */
export function fixedRange(from: string, to: string): { range: Range | undefined; errors: RangeErrors } {
  const fromMs = hourAt(from);
  const toMs = hourAt(to);
  const expected = 'expected a date and a whole hour, as in 2026-11-21 14:00';
  if (fromMs === undefined || toMs === undefined) {
    return {
      range: undefined,
      errors: {
        ...(fromMs === undefined ? { from: `Received ${shown(from)}, ${expected}.` } : {}),
        ...(toMs === undefined ? { to: `Received ${shown(to)}, ${expected}.` } : {}),
      },
    };
  }
  const hours = (toMs - fromMs) / HOUR_MS;
  if (hours <= 0) return wrongEnd('Received an end that is not after the beginning, expected a later one.');
  if (hours > MAX_HOURS) return wrongEnd(`Received ${hours} hours, expected at most ${MAX_HOURS} (31 days).`);
  return { range: { kind: 'fixed', fromMs, toMs }, errors: {} };
}

function wrongEnd(message: string) {
  return { range: undefined, errors: { to: message } };
}

/** As an input of the type `datetime-local` takes it, in UTC. */
export function inputValue(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}

/** The hour at a time of the years 1970 to 2099, which the service knows; nothing when the text is not one. */
function hourAt(text: string): number | undefined {
  const match = /^((?:19[789]|20\d)\d-\d\d-\d\dT\d\d:00)(?::00(?:\.0+)?)?Z?$/.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function shown(text: string): string {
  return text === '' ? 'nothing' : `“${text.slice(0, 40)}”`;
}
