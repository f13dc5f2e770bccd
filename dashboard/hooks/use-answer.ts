import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/api-error.ts';
import type { Received } from '../api/api.ts';
import { poll } from '../api/poll.ts';
import { useService } from '../api/service.ts';
import { whenVisible } from './visible.ts';

/**
 * What is known of the answer to a question. `ready` stays while the question is asked again or changed, so that figures
 * do not blink: `isOfBefore` says that the value answers the question before this one, `error` that asking again failed or
 * brought nothing newer.
 */
export type Answer<T> = { readonly retry: () => void } & (
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: ApiError }
  | {
      readonly state: 'ready';
      readonly value: T;
      readonly isOfBefore: boolean;
      readonly error: ApiError | undefined;
    }
);

export interface AnswerOptions<T> {
  /** Asks again so many milliseconds after each answer, while the tab can be seen. Without it, once. */
  readonly everyMs?: number | undefined;
  /** How long an answer may take; shorter than usual where a reader takes it for what is now. */
  readonly timeoutMs?: number | undefined;
  /** Reads the text of the answer, where `JSON.parse` would lose something. The same function each time. */
  readonly read?: (text: string) => T;
}

interface Known<T> {
  readonly path: string | undefined;
  readonly answer: { readonly value: T; readonly path: string } | undefined;
  readonly error: ApiError | undefined;
}

/**
 * Asks the service for JSON, and again as often as wished. A question that changes ends the one before.
 * @param path undefined asks for nothing
 * @param T the shape of the answer to `path`, which is taken at the service's word
 */
export function useAnswer<T>(path: string | undefined, options: AnswerOptions<T> = {}): Answer<T> {
  const { everyMs, timeoutMs, read } = options;
  const { api } = useService();
  const [tries, setTries] = useState(0);
  const [known, setKnown] = useState<Known<T>>({ path: undefined, answer: undefined, error: undefined });
  useEffect(() => {
    if (path === undefined) return undefined;
    const controller = new AbortController();
    const question = {
      ask: async (signal: AbortSignal) => api.get(path, { signal, timeoutMs, read }),
      everyMs,
      onAnswer: ({ value, ageMs }: Received) =>
        setKnown({ path, answer: { value: value as T, path }, error: staleness(ageMs) }),
      onFailure: (error: ApiError) => setKnown(({ answer }) => ({ path, answer, error })),
      whenVisible,
      random: Math.random,
    };
    void poll(question, controller.signal);
    return () => controller.abort();
  }, [api, path, everyMs, timeoutMs, read, tries]);
  const retry = useCallback(() => setTries((count) => count + 1), []);
  return { retry, ...stateOf(known, path) };
}

function staleness(ageMs: number): ApiError | undefined {
  if (ageMs === 0) return undefined;
  const message = `showing data from ${Math.round(ageMs / 1000)} s ago`;
  return new ApiError('unavailable', message);
}

function stateOf<T>({ path, answer, error }: Known<T>, asked: string | undefined) {
  const errorNow = path === asked ? error : undefined;
  const isOfBefore = answer?.path !== asked;
  // A question that is refused has no answer; that of the one before would be taken for it.
  if (errorNow !== undefined && (isOfBefore || !errorNow.isTemporary)) {
    return { state: 'failed' as const, error: errorNow };
  }
  if (answer === undefined) return { state: 'loading' as const };
  return { state: 'ready' as const, value: answer.value, isOfBefore, error: errorNow };
}
