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
      });
    },
    urlOf: (query) => `${url}/events/top?${query}`,
    remove: async () => service.remove(),
  };
}
