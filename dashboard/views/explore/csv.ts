import type { ChartData } from '../../chart/chart-data.ts';
import { formatTime } from '../../text/format.ts';

/** The figures of a chart as CSV (RFC 4180): a row an interval, a column a series. */
export function csvOf({ times, zone, lines }: ChartData): string {
  const header = [
    `time (${zone})`,
    ...lines.flatMap(({ label, before }) => (before === undefined ? [label] : [label, `${label} before`])),
  ];
  const rows = times.map((ms, index) => [
    formatTime(new Date(ms).toISOString(), zone, 'minute'),
    ...lines.flatMap(({ values, before }) => {
      const value = String(values[index] ?? 0);
      return before === undefined ? [value] : [value, String(before.values[index] ?? 0)];
    }),
  ]);
  return [header, ...rows].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

/** A leading sign of a formula is made harmless: what events are called comes from anyone, and goes into spreadsheets. */
function quoted(cell: string): string {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
