import type { SeriesOfRange } from '../../api/questions.ts';
import type { Bounds } from '../../state/range.ts';
import { conditionOf } from '../../text/data-path.ts';

const STARTS = {
  minute: (zone: string) => `toStartOfMinute(toTimeZone(timestamp, ${zone}))`,
  hour: (zone: string) => `toStartOfHour(toTimeZone(timestamp, ${zone}))`,
  day: (zone: string) => `toStartOfDay(timestamp, ${zone})`,
  week: (zone: string) => `toStartOfWeek(timestamp, 1, ${zone})`,
  month: (zone: string) => `toStartOfMonth(timestamp, ${zone})`,
} as const;

const COUNTS = {
  events: 'count()',
  users: "uniqExactIf(user, user != '')",
  sessions: "uniqExactIf(session_id, session_id != '')",
};

/** The same count as a query for the console, of the events without their copies. */
export function sqlOf(question: SeriesOfRange, { fromMs, toMs }: Pick<Bounds, 'fromMs' | 'toMs'>): string {
  const { interval, timezone, measure, by = '', category = '', name = '', where = [] } = question;
  const conditions = [
    `timestamp >= ${instant(fromMs)}`,
    `timestamp < ${instant(toMs)}`,
    ...(category === '' ? [] : [`category = ${text(category)}`]),
    ...(name === '' ? [] : [`name = ${text(name)}`]),
    ...where.map((condition) => {
      const { path, value } = conditionOf(condition);
      return `${valueAt(path)} = ${text(value)}`;
    }),
    // Events without a key are in no series.
    ...(by === '' ? [] : [by.startsWith('data.') ? `${valueAt(by)} IS NOT NULL` : `${valueAt(by)} != ''`]),
  ];
  const key = by === '' ? [] : [`  ${valueAt(by)} AS key,`];
  return [
    'SELECT',
    `  ${STARTS[interval](text(timezone))} AS time,`,
    ...key,
    `  ${COUNTS[measure]} AS ${measure}`,
    'FROM deduplicated_events',
    `WHERE ${conditions.join('\n  AND ')}`,
    by === '' ? 'GROUP BY time' : 'GROUP BY time, key',
    `ORDER BY time${by === '' ? '' : `, ${measure} DESC`}`,
  ].join('\n');
}

function valueAt(path: string): string {
  if (!path.startsWith('data.')) return path;
  const members = path.split('.').slice(1).map(text).join(', ');
  return `JSONExtract(data, ${members}, 'Nullable(String)')`;
}

function instant(ms: number): string {
  return `toDateTime64(${text(new Date(ms).toISOString().replace('T', ' ').replace('Z', ''))}, 6, 'UTC')`;
}

function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
