import { expect } from 'chai';
import { eventText, NDJSON, postEvents } from '../http/events-api.ts';
import { eventually } from '../http/outcome.ts';
import { getJson, type ShownPage } from '../http/pages.ts';
import { startTestApp } from './test-app.ts';

/** What the clock of the service says. */
export const NOW = Date.UTC(2024, 4, 17, 12);

/** The answer of `GET /events/top`. */
export interface Top {
  readonly generated_at: string;
  readonly top: readonly (Readonly<Record<string, unknown>> & {
    readonly key: string;
    readonly count: number;
  })[];
}

export type Given = Readonly<Record<string, unknown>> & { readonly data?: object | string };

/** The text of an event; `data` may be JSON text, for what JavaScript cannot hold. */
function textOf({ data = {}, ...members }: Given): string {
  const text = eventText({ category: 'c', name: 'n', timestamp: NOW - 60_000, ...members, data: {} });
  return text.replace('"data":{}', () => `"data":${typeof data === 'string' ? data : JSON.stringify(data)}`);
}

export interface TopService {
  /** Posts events one after the other in one body, and waits until they are there. */
  post(...events: readonly Given[]): Promise<void>;
  urlOf(query: string): string;
  remove(): Promise<void>;
}

/** How many events the tables of counts have. */
async function counted(url: string): Promise<number> {
  const answer = await fetch(`${url}/events/names`, { headers: { 'Cache-Control': 'no-cache' } });
  const { names } = (await answer.json()) as { names: readonly { readonly events: number }[] };
  return names.reduce((sum, { events }) => sum + events, 0);
}

/** A service whose clock stands still. */
export async function startTopService(): Promise<TopService> {
  const service = await startTestApp({}, { nowMs: () => NOW });
  const { url } = service;
  let posted = 0;
  return {
    post: async (...events) => {
      const answer = await postEvents(url, events.map(textOf).join('\n'), NDJSON);
      expect(answer.body).to.deep.equal({ accepted: events.length, rejected: [] });
      posted += events.length;
      await eventually(async () => {
        const { events: stored } = await getJson<ShownPage>(`${url}/events?limit=1000`);
        expect(stored).to.have.length(posted);
        // An INSERT reaches the tables of counts after that of the events.
        expect(await counted(url)).to.equal(posted);
      });
    },
    urlOf: (query) => `${url}/events/top?${query}`,
    remove: async () => service.remove(),
  };
}
