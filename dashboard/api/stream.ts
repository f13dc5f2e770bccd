import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Api } from './api.ts';
import { ApiError, asApiError, errorOfProblem, type Problem } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import { sleep } from './sleep.ts';

/** The answer of `GET /events/top`, and what the stream brings each second. */
export interface TopList {
  /** ISO 8601 */
  readonly generated_at: string;
  readonly top: readonly TopEntry[];
}

/** Beside its key and count, an entry has what was asked to be shown, under each path. */
export interface TopEntry {
  readonly key: string;
  readonly count: number;
  readonly [path: string]: unknown;
}

/**
 * What a stream is doing. `connecting`: the first time, or again. `live`: a list came last. `unavailable`: the service
 * says that it cannot tell now, or is unavailable; it is tried further. `ended`: the question is refused, and asking again
 * would not help.
 */
export type StreamState =
  { readonly state: 'connecting' | 'live' } | { readonly state: 'unavailable' | 'ended'; readonly error: ApiError };

export interface StreamDependencies {
  readonly api: Pick<Api, 'open'>;
  readonly random: () => number;
}

export interface StreamListener {
  onTop(list: TopList): void;
  onState(state: StreamState): void;
}

/** A list comes each second, and a heartbeat when there is none: after this long, the connection is dead. */
const SILENCE_MS = 20_000;

/**
 * Reads `/events/top/stream` until the signal is aborted, and connects again when it breaks. By fetch, because
 * EventSource cannot send a key.
 * @param path with its query
 */
export async function followTop(
  path: string,
  listener: StreamListener,
  { api, random }: StreamDependencies,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let retryMs: number | undefined;
  const heard = {
    onTop: (list: TopList) => {
      failures = 0;
      listener.onState({ state: 'live' });
      listener.onTop(list);
    },
    onProblem: (error: ApiError) => listener.onState({ state: 'unavailable', error }),
    onRetry: (ms: number) => {
      retryMs = ms;
    },
  };
  listener.onState({ state: 'connecting' });
  while (!signal.aborted) {
    const error = await readOnce(path, heard, api, signal).then(
      () => new ApiError('unreachable', 'the connection to the service was closed'),
      asApiError,
    );
    if (signal.aborted) return;
    if (!error.isTemporary) {
      listener.onState({ state: 'ended', error });
      return;
    }
    failures += 1;
    listener.onState({ state: 'unavailable', error });
    await sleep(backoffMs(failures, { atLeastMs: error.retryAfterMs ?? retryMs, random }), signal);
  }
}

interface Heard {
  onTop(list: TopList): void;
  onProblem(error: ApiError): void;
  onRetry(ms: number): void;
}

/** One connection, until it ends or has been silent for too long. */
async function readOnce(
  path: string,
  heard: Heard,
  api: StreamDependencies['api'],
  signal: AbortSignal,
): Promise<void> {
  const connection = new AbortController();
  const close = () => connection.abort();
  signal.addEventListener('abort', close);
  let silence = setTimeout(close, SILENCE_MS);
  try {
    const { body } = await api.open(path, { signal: connection.signal, accept: 'text/event-stream' });
    if (body === null) return;
    await readEvents(body, heard, () => {
      clearTimeout(silence);
      silence = setTimeout(close, SILENCE_MS);
    });
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', close);
    close();
  }
}

/**
 * Reads events from bytes to their end, of any length: the service has a limit on its answers, which as JSON may be many
 * times that. `onBytes` is called for each piece, heartbeats included.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  heard: Heard,
  onBytes: () => void = () => undefined,
): Promise<void> {
  const parser = createParser({
    onEvent: (message) => dispatch(message, heard),
    onRetry: (ms) => heard.onRetry(ms),
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    parser.feed(decoder.decode(value, { stream: true }));
  }
}

function dispatch({ event, data }: EventSourceMessage, heard: Heard): void {
  if (event === 'top') heard.onTop(JSON.parse(data, exactly) as TopList);
  if (event === 'problem') {
    const { problem } = JSON.parse(data) as { problem: Problem };
    heard.onProblem(errorOfProblem(problem));
  }
}

/** Keeps whole numbers as text that JavaScript would round, in browsers that show how they were written. */
function exactly(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded ? (context?.source ?? value) : value;
}
