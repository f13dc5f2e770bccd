/*
 * Times as the service writes them, `2026-11-21T14:05:09.123456Z`, and the same in whole microseconds since the epoch,
 * which a JavaScript number holds exactly until the year 2255.
 */

/** @returns NaN when it is not such a time */
export function microsOf(iso: string): number {
  const match = /^(.{19})\.(\d{6})Z$/.exec(iso);
  return match === null ? Number.NaN : Date.parse(`${match[1]}Z`) * 1000 + Number(match[2]);
}

/** A time as a link has it, the way the service reads it: in UTC where it names no zone. @returns NaN for none */
export function timeInLink(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const [, day, time = 'T00:00', zone = 'Z'] = LINK_TIME.exec(text) ?? [];
  return Date.parse(`${day}${time.replace(' ', 'T').replace(',', '.')}${zone}`);
}

const LINK_TIME = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(Z|[+-]\d\d:\d\d)?$/i;

/** @param micros of the years that the service knows, 1970 to 2255 */
export function isoOf(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** The shortest range that holds a time: `from` inclusive, `to` exclusive. */
export function momentOf(micros: number): { readonly from: string; readonly to: string } {
  return { from: isoOf(micros), to: isoOf(micros + 1) };
}
