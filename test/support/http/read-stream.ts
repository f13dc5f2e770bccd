import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createParser } from 'eventsource-parser';
import { eventually } from './outcome.ts';
import type { Top } from '../server/top-service.ts';

/** An object of a stream. */
export interface Received {
  /** Empty in JSON lines, which have no name. */
  readonly event: string;
  readonly id: string;
  readonly text: string;
  readonly atMs: number;
}

/** A reader of a stream, over a connection of its own. */
export interface StreamReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly received: readonly Received[];
  /** Everything so far, as it came. */
  readonly raw: () => string;
  /** Waits until so many objects have come. */
  readonly atLeast: (count: number, withinMs?: number) => Promise<void>;
  /** `end` when the server ended the answer as it should, `cut` when the connection broke. */
  readonly ended: Promise<'end' | 'cut'>;
  /** Goes away. */
  readonly leave: () => void;
}

/** What a reader of top lists has received. */
export function topsOf({ received }: StreamReader): Top[] {
  return received.map(({ text }) => JSON.parse(text) as Top);
}

export const JSON_LINES = { Accept: 'application/x-ndjson' };

export async function readStream(url: string, headers: Record<string, string> = {}): Promise<StreamReader> {
  const request = get(url, { agent: false, headers });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const received: Received[] = [];
  let raw = '';
  const note = (event: string, id: string, text: string) => received.push({ event, id, text, atMs: performance.now() });
  const parse =
    answer.headers['content-type'] === 'application/x-ndjson' ? lines((text) => note('', '', text)) : events(note);
  answer.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    parse(text);
  });
  const ended = new Promise<'end' | 'cut'>((resolve) => {
    answer.once('end', () => resolve('end'));
    answer.once('error', () => resolve('cut'));
  });
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    received,
    raw: () => raw,
    atLeast: async (count, withinMs = 10_000) =>
      eventually(() => {
        if (received.length < count) throw new Error(`received ${received.length} objects, expected ${count}`);
      }, withinMs),
    ended,
    leave: () => request.destroy(),
  };
}

function events(note: (event: string, id: string, text: string) => void): (text: string) => void {
  const parser = createParser({
    onEvent: ({ event = '', id = '', data }) => note(event, id, data),
    onError: (error) => {
      throw error;
    },
  });
  return (text) => parser.feed(text);
}

function lines(note: (text: string) => void): (text: string) => void {
  let begun = '';
  return (text) => {
    const [first = '', ...rest] = text.split('\n');
    begun += first;
    for (const next of rest) {
      if (begun !== '') note(begun);
      begun = next;
    }
  };
}
