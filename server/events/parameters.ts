import { show, type Issue } from '../errors.ts';

/** The parameters of a query string: a value, or all of them when a name is repeated. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Milliseconds since the epoch, written as a whole number from 0 to `maxMs`. Returns NaN and adds an issue otherwise. */
export function wholeMs(
  query: Query,
  name: string,
  maxMs: number,
  maxWords: string,
  issues: Issue[],
): number {
  const value = query[name];
  const ms = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (ms <= maxMs) return ms;
  const expected = `a whole number of milliseconds since the epoch, from 0 to ${maxWords}`;
  issues.push({ path: name, message: `received ${show(value)}, expected ${expected}` });
  return NaN;
}

/** Whether a string is longer than `max` code points; most strings are answered without counting. */
export function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false;
  if (text.length > 2 * max) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count > max;
}
