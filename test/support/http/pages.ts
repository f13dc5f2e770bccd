import { expect } from 'chai';

/** An event as the API shows it; `data` is left out by whoever must not parse it. */
export interface ShownEvent {
  readonly event_id: string;
  readonly received_at: string;
  readonly application: string;
  readonly session_id: string;
  readonly user: string;
  readonly category: string;
  readonly name: string;
  readonly data: unknown;
  readonly timestamp: string;
}

export interface ShownPage {
  readonly events: readonly ShownEvent[];
  readonly next_cursor: string | null;
}

/** The answer to a GET, which must be 200 and JSON. */
export async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  const text = await answer.text();
  expect(answer.status, `${url}: ${text.slice(0, 500)}`).to.equal(200);
  expect(answer.headers.get('content-type')).to.match(/^application\/json/);
  return JSON.parse(text) as T;
}

/** What a GET is refused with. */
export async function getProblem(
  url: string,
): Promise<{ status: number; detail: string; errors?: { path: string; message: string }[] }> {
  const answer = await fetch(url);
  expect(answer.headers.get('content-type')).to.equal('application/problem+json');
  const problem = (await answer.json()) as { status: number; detail: string };
  expect(problem.status).to.equal(answer.status);
  return problem;
}

/**
 * Follows `next_cursor` to the end and returns the events of every page.
 * @param url with its filters
 * @param between is called after each page but the last
 */
export async function allPages(url: string, between?: () => Promise<void>): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  let next = new URL(url);
  for (let pages = 0; pages < 10_000; pages += 1) {
    const page = await getJson<ShownPage>(next.href);
    events.push(...page.events);
    if (page.next_cursor === null) return events;
    expect(page.events).not.to.be.empty;
    next = new URL(url);
    next.searchParams.set('cursor', page.next_cursor);
    await between?.();
  }
  throw new Error(`${url}: received 10000 pages, expected an end`);
}
