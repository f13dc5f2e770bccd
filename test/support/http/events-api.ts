import { once } from 'node:events';
import { request as send, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

/** The answer of `POST /events`, whatever its status. */
export interface EventsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly accepted?: number;
    readonly rejected?: readonly {
      readonly index: number;
      readonly reason: string;
      readonly errors: readonly { readonly path: string; readonly message: string }[];
    }[];
    readonly rejected_omitted?: number;
    readonly detail?: string;
    readonly errors?: readonly { readonly path: string; readonly message: string }[];
  };
}

/** Posts a body; without a type it is JSON. */
export async function postEvents(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<EventsAnswer> {
  const answer = await fetch(`${url}/events`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as EventsAnswer['body'],
  };
}

export const NDJSON = { 'Content-Type': 'application/x-ndjson' };

/** Posts a body in the given chunks, one after the other, without saying how long it is. */
export async function postChunks(
  url: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  headers: OutgoingHttpHeaders = NDJSON,
): Promise<{ readonly status: number; readonly body: EventsAnswer['body'] }> {
  const request = send(`${url}/events`, { method: 'POST', headers, agent: false });
  const answered = new Promise<{ status: number; body: EventsAnswer['body'] }>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) as EventsAnswer['body'] }),
        reject,
      );
    });
  });
  let isAnswered = false;
  const noted = () => void (isAnswered = true);
  answered.then(noted, noted);
  for await (const chunk of chunks) {
    // An answer before the end of the body is a refusal, and nobody reads on.
    if (isAnswered) break;
    if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered]);
  }
  request.end();
  return await answered;
}

let made = 0;

/** The text of a valid event with a name of its own; `members` are added or put in their place. */
export function eventText(members: Readonly<Record<string, unknown>> = {}): string {
  made += 1;
  return JSON.stringify({
    session_id: 's',
    category: 'test',
    name: `event ${made}`,
    data: {},
    timestamp: 1_700_000_000_000,
    ...members,
  });
}
