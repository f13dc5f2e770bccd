import { ApiError, errorOf } from './api-error.ts';
import { createServiceClock } from './service-clock.ts';

/** The service as the page sees it. Paths begin with `/` and are of this host. */
export interface Api {
  /**
   * Asks for JSON and reads it.
   * @throws ApiError; or the signal's reason once that is aborted
   */
  get(path: string, options: AskOptions): Promise<Received>;
  /** Asks for an answer that comes piece by piece; only its beginning is waited for. @throws like `get` */
  open(path: string, options: OpenOptions): Promise<Response>;
  /** The time by the clock of the service, in milliseconds since the epoch. */
  nowMs(): number;
}

export interface Received {
  readonly value: unknown;
  /** How long ago it was true, as far as the service says: it does when it had to answer with what it knew last. */
  readonly ageMs: number;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Instead of the key of this tab: to find out whether it is accepted. */
  readonly key?: string;
  /** How long the answer may take. */
  readonly timeoutMs?: number | undefined;
  /** Reads the text of the answer, where `JSON.parse` would lose something. @throws SyntaxError when it cannot */
  readonly read?: ((text: string) => unknown) | undefined;
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** The media type of the answer. */
  readonly accept: string;
}

export interface ApiDependencies {
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  readonly key: () => string | undefined;
  /** Hears of each 401, with the key that the request had. */
  readonly onUnauthorized: (key: string | undefined) => void;
  readonly nowMs: () => number;
}

interface Asked {
  readonly accept: string;
  readonly key: string | undefined;
  readonly signal: AbortSignal;
}

/** Longer than the service takes for its most expensive question. */
const TIMEOUT_MS = 20_000;

export function createApi(dependencies: ApiDependencies): Api {
  const { fetch, nowMs } = dependencies;
  const clock = createServiceClock(nowMs);

  const ask = async (path: string, { accept, key, signal }: Asked) => {
    const askedMs = nowMs();
    const answer = await fetch(path, {
      headers: { Accept: accept, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) },
      // With credentials, a browser would answer a 401 with a dialog of its own.
      credentials: 'omit',
      signal,
    });
    clock.learn(answer.headers.get('Date'), askedMs);
    if (answer.ok) return answer;
    throw await errorOf(answer);
  };

  return {
    get: async (path, { signal, key, timeoutMs = TIMEOUT_MS, read = JSON.parse }) => {
      const sentKey = key ?? dependencies.key();
      return await translated(signal, timeoutMs, async () => {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        const answer = await ask(path, { accept: 'application/json', key: sentKey, signal: limited });
        return { value: read(await answer.text()), ageMs: ageOf(answer) };
      }).catch((error: unknown) => report(error, key === undefined ? { sentKey } : undefined));
    },
    open: async (path, { signal, accept }) => {
      const sentKey = dependencies.key();
      return await translated(signal, TIMEOUT_MS, async () => ask(path, { accept, key: sentKey, signal })).catch(
        (error: unknown) => report(error, { sentKey }),
      );
    },
    nowMs: () => clock.nowMs(),
  };

  /** A key that is only being tried is the business of whoever tries it. */
  function report(error: unknown, used: { readonly sentKey: string | undefined } | undefined): never {
    const isRefused = error instanceof ApiError && error.kind === 'unauthorized';
    if (isRefused && used !== undefined) dependencies.onUnauthorized(used.sentKey);
    throw error;
  }
}

function ageOf(answer: Response): number {
  const seconds = Number(answer.headers.get('Age') ?? 0);
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}

/** Turns what fetch throws into an ApiError, except when the caller itself has given up. */
async function translated<T>(signal: AbortSignal, timeoutMs: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError) throw error;
    throw unreachable(error, timeoutMs);
  }
}

function unreachable(cause: unknown, timeoutMs: number): ApiError {
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    const message = `the service has not answered for ${timeoutMs / 1000} seconds`;
    return new ApiError('unreachable', message, { cause });
  }
  if (cause instanceof SyntaxError) {
    return new ApiError('unreachable', 'the service sent something that is not JSON', { cause });
  }
  return new ApiError('unreachable', 'the service cannot be reached', { cause });
}
