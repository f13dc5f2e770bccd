import http from 'node:http';
import https from 'node:https';
import { NO_SERVICE } from '../../server/cli/command.ts';
import { AppError, messageOf } from '../../server/common/errors.ts';

/** The server said something, whatever it was. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Of the `Retry-After` header, when it is a number of seconds. */
  readonly retryAfterS: number | undefined;
  readonly body: string;
}

/** The server said nothing. `unsent`: it never got the request; `unanswered`: it may have, and may have acted on it. */
export interface NoAnswer {
  readonly kind: 'unsent' | 'unanswered';
  readonly cause: Error;
}

export interface HttpClient {
  readonly origin: string;
  /** Never throws: a network failure is a value, because here it is an expected part of the day. */
  request(method: 'GET' | 'POST', path: string, headers?: Readonly<Record<string, string>>): Promise<Answer | NoAnswer>;
  close(): void;
}

export interface HttpClientOptions {
  readonly maxConnections: number;
  /** After which a request ends unanswered. */
  readonly timeoutMs?: number;
  /** Sent with each request; undefined when the server wants none. */
  readonly apiKey?: string | undefined;
}

/** Keep-alive connections to one server. */
export function createHttpClient(
  origin: string,
  { maxConnections, timeoutMs = 30_000, apiKey }: HttpClientOptions,
): HttpClient {
  const { Agent, request } = origin.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections });
  const authorization = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
  return {
    origin,
    request: (method, path, headers = {}) => {
      const options = { method, headers: { ...authorization, ...headers }, agent, timeout: timeoutMs };
      return exchange(request(new URL(path, origin), options));
    },
    close: () => agent.destroy(),
  };
}

/** @throws AppError `unavailable` when nobody answers there: better said at once than after all retries */
export async function expectReachable(client: HttpClient): Promise<void> {
  const reply = await client.request('GET', '/health/live');
  if (reply.kind === 'answer') return;
  const message = `received no answer from ${client.origin} (${messageOf(reply.cause)}); ${NO_SERVICE}`;
  throw new AppError('unavailable', message, { cause: reply.cause });
}

function exchange(request: http.ClientRequest): Promise<Answer | NoAnswer> {
  return new Promise((resolve) => {
    let connected = false;
    const fail = (cause: Error) => resolve({ kind: connected ? 'unanswered' : 'unsent', cause });
    request.once('socket', (socket) => {
      connected = !socket.connecting;
      if (socket.connecting) socket.once('connect', () => (connected = true));
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', fail);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', fail);
      response.once('end', () => resolve(answer(response, Buffer.concat(chunks).toString())));
    });
    request.end();
  });
}

function answer({ statusCode = 0, headers }: http.IncomingMessage, body: string): Answer {
  const seconds = Number(headers['retry-after'] ?? NaN);
  return { kind: 'answer', status: statusCode, retryAfterS: seconds >= 0 ? seconds : undefined, body };
}
