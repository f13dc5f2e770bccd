import { HOUR_MS } from '../../../server/events/hours.ts';
import { formatTimeUs } from '../../../server/events/time.ts';
import { JSON_LINES, readStream, topsOf } from './read-stream.ts';
import { HOURS, type ResentEvent } from '../events/resent-events.ts';

/** A number of events under a name. */
type Counts = readonly (readonly [of: string, count: number])[];

/** What the service says of a database that holds nothing but resent events, question by question. */
export interface Answers {
  /** `GET /analytics` of each hour. */
  readonly texts: readonly string[];
  /** `GET /analytics/hours`: users, clicks and impressions of each. */
  readonly hours: readonly (readonly number[])[];
  /** The identities in `GET /events`, page by page. */
  readonly listed: readonly string[];
  readonly ofSession: readonly string[];
  /** Events, and sessions after a slash. */
  readonly categories: readonly string[];
  readonly names: Counts;
  readonly topNames: Counts;
  readonly topPaths: Counts;
  readonly streamed: Counts;
}

const SESSION = 'session 7';
const PAGE = 70;
const FRESH = { headers: { 'Cache-Control': 'no-cache' } };

/** What is right, from the events alone. @param fromMs as the events were made with */
export function rightAnswers(events: readonly ResentEvent[], fromMs: number): Answers {
  const hours = Array.from({ length: HOURS }, (_, index) => {
    const startMs = fromMs + index * HOUR_MS;
    const counted = events.filter(
      ({ category, timestamp }) => category === 'analytics' && timestamp >= startMs && timestamp < startMs + HOUR_MS,
    );
    const users = new Set(counted.map(({ user }) => user)).size;
    const clicks = counted.filter(({ name }) => name === 'click').length;
    return [users, clicks, counted.length - clicks] as const;
  });
  const topNames = countsOf(events.map(({ name }) => name));
  return {
    texts: hours.map(
      ([users, clicks, impressions]) => `unique_users,${users}\nclicks,${clicks}\nimpressions,${impressions}\n`,
    ),
    hours,
    listed: events.map(identity).sort(),
    ofSession: events
      .filter(({ session_id }) => session_id === SESSION)
      .map(identity)
      .sort(),
    categories: [...new Set(events.map(({ category }) => category))].sort().map((category) => {
      const those = events.filter((event) => event.category === category);
      const sessions = new Set(those.map(({ session_id }) => session_id).filter((each) => each !== ''));
      return `${category} ${those.length}/${sessions.size}`;
    }),
    names: countsOf(events.map(({ category, name }) => `${category} ${name}`)),
    topNames,
    topPaths: countsOf(events.flatMap(({ data }) => data.path ?? [])),
    streamed: topNames,
  };
}

/** What a server says. @param fromMs as the events were made with */
export async function everyAnswer(url: string, fromMs: number): Promise<Answers> {
  const starts = Array.from({ length: HOURS }, (_, index) => fromMs + index * HOUR_MS);
  const range = `from=${fromMs}&to=${fromMs + HOURS * HOUR_MS}`;
  const { hours } = await json<{ hours: readonly Hour[] }>(url, `/analytics/hours?${range}`);
  const { categories } = await json<{ categories: readonly Category[] }>(url, '/categories');
  const { names } = await json<{ names: readonly Name[] }>(url, '/events/names');
  return {
    texts: await Promise.all(starts.map(async (ms) => (await fetch(`${url}/analytics?timestamp=${ms}`, FRESH)).text())),
    hours: hours.map(({ unique_users, clicks, impressions }) => [unique_users, clicks, impressions]),
    listed: await pages(url, '/events?'),
    ofSession: await pages(url, `/sessions/${encodeURIComponent(SESSION)}?`),
    categories: categories.map(({ category, events, sessions }) => `${category} ${events}/${sessions}`).sort(),
    names: sorted(names.map(({ category, name, events }) => [`${category} ${name}`, events])),
    topNames: topOf(await json<Top>(url, '/events/top?by=name')),
    topPaths: topOf(await json<Top>(url, '/events/top?by=data.path')),
    streamed: await firstStreamed(url),
  };
}

/** What the SQL view `hourly` has, by hour: users, clicks and impressions, as tab-separated text. */
export function rightHourly(events: readonly ResentEvent[], fromMs: number): string {
  return rightAnswers(events, fromMs)
    .hours.map((numbers) => numbers.join('\t'))
    .join('\n');
}

interface Hour {
  readonly unique_users: number;
  readonly clicks: number;
  readonly impressions: number;
}

interface Category {
  readonly category: string;
  readonly events: number;
  readonly sessions: number;
}

interface Name {
  readonly category: string;
  readonly name: string;
  readonly events: number;
}

interface Top {
  readonly top: readonly { readonly key: string; readonly count: number }[];
}

interface Listed {
  readonly category: string;
  readonly name: string;
  readonly event_id: string;
  readonly timestamp: string | number;
}

/** Without the application, which is the same for all. */
function identity({ category, name, event_id, timestamp }: Listed): string {
  const time = typeof timestamp === 'number' ? formatTimeUs(timestamp * 1000) : timestamp;
  return `${category} ${name} ${event_id} ${time}`;
}

async function json<Answer>(url: string, path: string): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, FRESH);
  if (answer.status !== 200) throw new Error(`received ${answer.status} for ${path}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** Following `next_cursor` to the end. */
async function pages(url: string, question: string): Promise<string[]> {
  const listed: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const from = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { events: readonly Listed[]; next_cursor: string | null } = await json(
      url,
      `${question}limit=${PAGE}${from}`,
    );
    listed.push(...page.events.map(identity));
    cursor = page.next_cursor;
  }
  return listed.sort();
}

async function firstStreamed(url: string): Promise<Counts> {
  const reader = await readStream(`${url}/events/top/stream?by=name`, JSON_LINES);
  try {
    await reader.atLeast(1);
    return topOf(topsOf(reader)[0] ?? { top: [] });
  } finally {
    reader.leave();
  }
}

function topOf({ top }: Top): Counts {
  return top.map(({ key, count }) => [key, count]);
}

/** The most frequent first, ties by key. */
function countsOf(keys: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return sorted([...counts]);
}

function sorted(counts: Counts): Counts {
  return [...counts].sort(([a, of], [b, than]) => than - of || (a < b ? -1 : 1));
}
