import { MEASURES } from '../../choice/measures.ts';
import { wordsOf } from '../../state/time-filter.ts';
import type { TopQuestion } from './question.ts';

/** What events can be counted by without a path, and what many of these are called. */
export const COLUMNS = [
  { by: 'name', label: 'Name', plural: 'Names' },
  { by: 'category', label: 'Category', plural: 'Categories' },
  { by: 'user', label: 'User', plural: 'Users' },
  { by: 'session_id', label: 'Session', plural: 'Sessions' },
] as const;

/** How far back a question looks; the empty one is without end. */
export const WINDOWS = [
  { window: '15m', label: '15 min', words: 'in the last 15 minutes' },
  { window: '1h', label: '1 hour', words: 'in the last hour' },
  { window: '24h', label: '24 hours', words: 'in the last 24 hours' },
  { window: '7d', label: '7 days', words: 'in the last 7 days' },
  { window: '30d', label: '30 days', words: 'in the last 30 days' },
  { window: '', label: 'Everything', words: 'of all time' },
] as const;

/** The heading of a list: `Sessions with the most events`. */
export function titleOf({ by, measure }: TopQuestion): string {
  const column = COLUMNS.find((column) => column.by === by);
  const most = measure === 'users' || measure === 'sessions' ? measure : 'events';
  return `${column?.plural ?? `Values of ${cut(by)}`} with the most ${most}`;
}

/** What the counts are of, over their column. */
export function countLabelOf({ measure }: TopQuestion): string {
  return MEASURES.find(({ id }) => id === measure)?.label ?? 'Events';
}

/** What the heading of the column of keys says. */
export function keyLabelOf({ by }: TopQuestion): string {
  return COLUMNS.find((column) => column.by === by)?.label ?? withoutData(cut(by));
}

/** Which events are counted: `in the last hour, category “shop”, where data.kind is “a”`. */
export function scopeOf({ window, from, to, category, name, unique, where }: TopQuestion, zone = 'UTC'): string {
  const times = from === '' && to === '' ? undefined : wordsOf({ range: '', from, to }, zone);
  const parts = [
    ...(times !== undefined && window === '' ? [] : [windowWords(window)]),
    ...(times === undefined ? [] : [times]),
    ...(category === '' ? [] : [`category “${cut(category)}”`]),
    ...(name === '' ? [] : [`name “${cut(name)}”`]),
    ...(unique === '' ? [] : [`only the latest of each ${cut(unique)}`]),
    ...where.map((condition) => `where ${cut(conditionWords(condition))}`),
  ];
  return parts.join(', ');
}

function windowWords(window: string): string {
  return WINDOWS.find((known) => known.window === window)?.words ?? `window “${cut(window)}”`;
}

/** A link may hold any text; no heading is longer than names may be. */
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** A path without what all paths begin with. */
export function withoutData(path: string): string {
  return path.replace(/^data\./, '');
}

function conditionWords(condition: string): string {
  const colon = condition.indexOf(':');
  if (colon === -1) return condition;
  return `${condition.slice(0, colon)} is “${condition.slice(colon + 1)}”`;
}
