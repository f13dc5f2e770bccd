import { setTimeout as sleep } from 'node:timers/promises';

/** An event as `GET /events` gives it. */
export interface Listed {
  readonly event_id: string;
  readonly category: string;
  readonly name: string;
  readonly user: string;
  readonly session_id: string;
  readonly timestamp: string;
  readonly data: unknown;
}

const FRESH_MS = 10_000;

/** The events that a filter leaves, all pages, once there are so many of them. Those that come late are not waited for. */
export async function listed(url: string, filter: string, count: number): Promise<readonly Listed[]> {
  return await atLeast(count, async () => await all<Listed>(`${url}/events?${filter}`, 'events'));
}

/** The texts of what was rejected, once there are so many. */
export async function rejectedTexts(url: string, count: number): Promise<readonly string[]> {
  const read = async () => await all<{ readonly payload: string }>(`${url}/events/rejected?`, 'rejected');
  return (await atLeast(count, read)).map(({ payload }) => payload);
}

/** Every event of a service that is at rest, each once. */
export async function listAll(url: string, headers: Record<string, string>): Promise<readonly Listed[]> {
  return await all<Listed>(`${url}/events?`, 'events', headers);
}

/** The texts of everything that a service at rest has rejected. */
export async function listRejected(url: string, headers: Record<string, string>): Promise<readonly string[]> {
  const found = await all<{ readonly payload: string }>(`${url}/events/rejected?`, 'rejected', headers);
  return found.map(({ payload }) => payload);
}

async function atLeast<T>(count: number, read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (const untilMs = Date.now() + FRESH_MS; ;) {
    const found = await read();
    if (found.length >= count || Date.now() > untilMs) return found;
    await sleep(50);
  }
}

async function all<T>(question: string, member: string, headers: Record<string, string> = {}): Promise<readonly T[]> {
  const found: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const from = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await fetch(`${question}&limit=1000${from}`, { headers });
    if (answer.status !== 200) throw new Error(`received ${answer.status}: ${await answer.text()}`);
    const page = (await answer.json()) as Readonly<Record<string, readonly T[]>> & {
      readonly next_cursor: string | null;
    };
    found.push(...(page[member] ?? []));
    cursor = page.next_cursor;
  }
  return found;
}
