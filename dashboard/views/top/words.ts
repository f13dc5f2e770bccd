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
  { window: '', label: 'Everything', words: 'of all time' },
] as const;

/** The heading of a list: `Sessions with the most events`. */
export function titleOf({ by }: TopQuestion): string {
  const column = COLUMNS.find((column) => column.by === by);
  return `${column?.plural ?? `Values of ${by}`} with the most events`;
}

/** What the heading of the column of keys says. */
export function keyLabelOf({ by }: TopQuestion): string {
  return COLUMNS.find((column) => column.by === by)?.label ?? withoutData(by);
}

/** Which events are counted: `in the last hour, category “shop”, where data.kind is “a”`. */
export function scopeOf({ window, category, name, unique, where }: TopQuestion): string {
  const parts = [
    WINDOWS.find((known) => known.window === window)?.words ?? `window “${window}”`,
    ...(category === '' ? [] : [`category “${category}”`]),
    ...(name === '' ? [] : [`name “${name}”`]),
    ...(unique === '' ? [] : [`only the latest of each ${unique}`]),
    ...where.map((condition) => `where ${conditionWords(condition)}`),
  ];
  return parts.join(', ');
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
