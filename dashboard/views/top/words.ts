import { MEASURES } from '../../choice/measures.ts';
import { MEMBERS } from '../../choice/members.ts';
import { wordsOf } from '../../state/time-filter.ts';
import { conditionOf, withoutData } from '../../text/data-path.ts';
import { DAY_MS, MINUTE_MS } from '../../text/zoned.ts';
import type { TopQuestion } from './question.ts';

/** What most lists are counted by. */
export const COLUMNS = MEMBERS.filter((member) => 'plural' in member);

/** How far back a question looks, and into what that is cut to count all of it; the empty one is without end. */
export const WINDOWS = [
  { window: '15m', label: '15 min', words: 'in the last 15 minutes', ms: 15 * MINUTE_MS, interval: 'minute' },
  { window: '1h', label: '1 hour', words: 'in the last hour', ms: 60 * MINUTE_MS, interval: 'minute' },
  { window: '24h', label: '24 hours', words: 'in the last 24 hours', ms: DAY_MS, interval: 'hour' },
  { window: '7d', label: '7 days', words: 'in the last 7 days', ms: 7 * DAY_MS, interval: 'day' },
  { window: '30d', label: '30 days', words: 'in the last 30 days', ms: 30 * DAY_MS, interval: 'day' },
  { window: '', label: 'Everything', words: 'of all time', ms: undefined, interval: 'month' },
] as const;

/** Undefined for one that a link made up. */
export function windowOf(window: string): (typeof WINDOWS)[number] | undefined {
  return WINDOWS.find((known) => known.window === window);
}

/** The heading of a list: `Sessions with the most events`. */
export function titleOf({ by, measure }: TopQuestion): string {
  const column = COLUMNS.find(({ value }) => value === by);
  const most = measure === 'users' || measure === 'sessions' ? measure : 'events';
  return `${column?.plural ?? `Values of ${cut(by)}`} with the most ${most}`;
}

/** What the counts are of, over their column. */
export function countLabelOf({ measure }: TopQuestion): string {
  return MEASURES.find(({ id }) => id === measure)?.label ?? 'Events';
}

/** What the heading of the column of keys says. */
export function keyLabelOf({ by }: TopQuestion): string {
  return COLUMNS.find(({ value }) => value === by)?.label ?? withoutData(cut(by));
}

/** Which events are counted: `in the last hour, category “shop”, where data.kind is “a”`. */
export function scopeOf({ window, from, to, category, name, unique, where }: TopQuestion, zone = 'UTC'): string {
  const times = from === '' && to === '' ? undefined : wordsOf({ range: '', from, to }, zone);
  const parts = [
    ...(times !== undefined && window === '' ? [] : [windowOf(window)?.words ?? `window “${cut(window)}”`]),
    ...(times === undefined ? [] : [times]),
    ...(category === '' ? [] : [`category “${cut(category)}”`]),
    ...(name === '' ? [] : [`name “${cut(name)}”`]),
    ...(unique === '' ? [] : [`only the latest of each ${cut(unique)}`]),
    ...where.map((condition) => `where ${cut(conditionWords(condition))}`),
  ];
  return parts.join(', ');
}

/** A link may hold any text; no heading is longer than names may be. */
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function conditionWords(condition: string): string {
  const { path, value } = conditionOf(condition);
  return path === condition ? condition : `${path} is “${value}”`;
}
