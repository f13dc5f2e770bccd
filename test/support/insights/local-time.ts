/** What clocks show, from `Intl` and the calendar alone: not the way in which the service finds it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** `2024-05-17 10:00:00` */
export function shown(zone: string, ms: number): string {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  formats.set(zone, format);
  return format.format(Math.floor(ms / 1000) * 1000);
}

/** Which interval a moment is in: the same number for the same interval, and one more for the next. */
export function numberOf(zone: string, interval: 'day' | 'week' | 'month', us: number): number {
  const [year = 0, month = 1, day = 1] = shown(zone, us / 1000)
    .slice(0, 10)
    .split('-')
    .map(Number);
  if (interval === 'month') return year * 12 + month;
  const days = Math.round(Date.UTC(year, month - 1, day) / 86_400_000);
  return interval === 'day' ? days : Math.floor((days + 3) / 7);
}
