import type { Unit } from '../text/zoned.ts';

const styles: Readonly<Record<Unit, Intl.DateTimeFormatOptions>> = {
  minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  hour: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { day: 'numeric', month: 'short' },
  week: { day: 'numeric', month: 'short' },
  month: { month: 'short', year: 'numeric' },
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** The beginning of an interval where there is little room: `14:00`, `21 Nov`. */
export function shortLabel(ms: number, interval: Unit, zone: string): string {
  return formatOf(`short ${interval}`, styles[interval], zone).format(ms);
}

/** The same in full, with its day: `Sat, 21 Nov 2026, 14:00`. */
export function fullLabel(ms: number, interval: Unit, zone: string): string {
  if (interval === 'month') return formatOf('full month', { month: 'long', year: 'numeric' }, zone).format(ms);
  const day: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' };
  const isTimed = interval === 'minute' || interval === 'hour';
  const text = formatOf(`full ${isTimed}`, isTimed ? { ...day, ...styles.hour } : day, zone).format(ms);
  return interval === 'week' ? `Week of ${text}` : text;
}

function formatOf(id: string, options: Intl.DateTimeFormatOptions, zone: string): Intl.DateTimeFormat {
  const key = `${id} ${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
    formats.set(key, format);
  }
  return format;
}
