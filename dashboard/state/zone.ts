import { isZone } from '../text/zoned.ts';

/** The zone of the reader's machine, by its IANA name. */
export const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** In the query of a link: whose days are meant. Without it they are those of the reader. */
export const ZONE = 'tz';

/** The zone that an address names, or else the reader's. */
export function zoneOf(search: string): string {
  const named = new URLSearchParams(search).get(ZONE);
  if (named === null || named === LOCAL_ZONE) return LOCAL_ZONE;
  return isZone(named) ? named : LOCAL_ZONE;
}

/** A link with the zone of another one, unless it names one itself. */
export function inZoneOf(href: string, search: string): string {
  const zone = new URLSearchParams(search).get(ZONE);
  const url = new URL(href, 'http://here');
  if (zone === null || url.searchParams.has(ZONE)) return href;
  return withZone(href, zone);
}

/** A link that shows the same in a zone. @param zone undefined for that of whoever follows it */
export function withZone(href: string, zone: string | undefined): string {
  const url = new URL(href, 'http://here');
  if (zone === undefined) url.searchParams.delete(ZONE);
  else url.searchParams.set(ZONE, zone);
  return `${url.pathname}${url.search}`;
}
