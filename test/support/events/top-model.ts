import type { MadeRow } from './made-events.ts';

/** A question of `GET /events/top` and of the lists, as it is written in an address. */
export interface AskedTop {
  readonly by: string;
  readonly measure: 'events' | 'users' | 'sessions';
  readonly application?: string;
  readonly name?: string;
  readonly from?: number;
  readonly to?: number;
  readonly unique?: string;
  readonly where?: string;
  readonly show?: string;
}

export interface ModelKey {
  readonly key: string;
  readonly count: number;
  /** The value at `show` of the latest event; null for none. */
  readonly shown: unknown;
}

/** Of rows with one identity, the first received. */
export function eventsOf(rows: readonly MadeRow[]): MadeRow[] {
  const first = new Map<string, MadeRow>();
  for (const row of rows) {
    const identity = JSON.stringify([row.application, row.event_id, row.category, row.name, row.timestamp]);
    const known = first.get(identity);
    if (known === undefined || row.received_at < known.received_at) first.set(identity, row);
  }
  return [...first.values()].sort(inOrder);
}

export function inOrder(a: MadeRow, b: MadeRow): number {
  return a.timestamp - b.timestamp || a.received_at - b.received_at || (a.event_id < b.event_id ? -1 : 1);
}

/** The value at a path; undefined for none. */
export function valueAt({ data }: MadeRow, path: string): unknown {
  let value = JSON.parse(data) as unknown;
  for (const member of path.split('.').slice(1)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = (value as Record<string, unknown>)[member];
  }
  return value;
}

/** A string without its quotes, anything else as JSON; undefined for none and for null. */
export function textAt(row: MadeRow, path: string): string | undefined {
  const value = valueAt(row, path);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function holds(row: MadeRow, condition: string | undefined): boolean {
  if (condition === undefined) return true;
  const colon = condition.indexOf(':');
  return textAt(row, condition.slice(0, colon)) === condition.slice(colon + 1);
}

/** What is right, from the rows alone. @param rows of one category, copies included */
export function topOf(rows: readonly MadeRow[], asked: AskedTop): ModelKey[] {
  const { by, measure, application, name, from = 0, to = Infinity, unique, where, show } = asked;
  const chosen = eventsOf(rows).filter(
    (row) =>
      (application === undefined || row.application === application) &&
      (name === undefined || row.name === name) &&
      row.timestamp >= from * 1000 &&
      row.timestamp < to * 1000,
  );
  const latest = new Map<string, MadeRow>();
  for (const row of chosen) {
    const same = unique === undefined ? undefined : textAt(row, unique);
    latest.set(
      same === undefined ? `event ${row.event_id} ${row.application} ${row.name} ${row.timestamp}` : `value ${same}`,
      row,
    );
  }
  const groups = new Map<string, MadeRow[]>();
  for (const row of [...latest.values()].filter((each) => holds(each, where)).sort(inOrder)) {
    const key = by.startsWith('data.') ? textAt(row, by) : row[by as 'name'] || undefined;
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups]
    .map(([key, group]) => ({
      key,
      count: countOf(group, measure),
      shown: show === undefined ? undefined : (valueAt(group.at(-1) as MadeRow, show) ?? null),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || Buffer.from(a.key).compare(Buffer.from(b.key)));
}

function countOf(group: readonly MadeRow[], measure: AskedTop['measure']): number {
  if (measure === 'events') return group.length;
  const column = measure === 'users' ? 'user' : 'session_id';
  return new Set(group.map((row) => row[column]).filter((person) => person !== '')).size;
}
