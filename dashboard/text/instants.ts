/*
 * Times as the service writes them, `2026-11-21T14:05:09.123456Z`, and the same in whole microseconds since the epoch,
 * which a JavaScript number holds exactly until the year 2255.
 */

/** @returns NaN when it is not such a time */
export function microsOf(iso: string): number {
  const match = /^(.{19})\.(\d{6})Z$/.exec(iso);
  return match === null ? Number.NaN : Date.parse(`${match[1]}Z`) * 1000 + Number(match[2]);
}

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
