import { useCallback, useEffect, useState } from 'preact/hooks';
import { useService } from '../service.ts';
import { followTop, type StreamState, type TopList } from '../stream.ts';

/** What a stream is doing, and the last list that it brought. */
export interface TopStream {
  readonly status: StreamState;
  readonly list: TopList | undefined;
  /** Connects again now. */
  readonly retry: () => void;
}

const CONNECTING: StreamState = { state: 'connecting' };

/**
 * Follows `/events/top/stream`. A list of another question is forgotten. A tab that cannot be seen lets go of its
 * connection, because the service has a limit on them.
 * @param path with its query
 */
export function useTopStream(path: string): TopStream {
  const { api } = useService();
  const [tries, setTries] = useState(0);
  const [status, setStatus] = useState(CONNECTING);
  const [latest, setLatest] = useState<{ readonly path: string; readonly list: TopList }>();
  useEffect(() => {
    let connection: AbortController | undefined;
    const listener = {
      onState: setStatus,
      onTop: (list: TopList) => setLatest({ path, list }),
    };
    const follow = () => {
      connection?.abort();
      if (document.hidden) return;
      connection = new AbortController();
      void followTop(path, listener, { api, random: Math.random }, connection.signal);
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      connection?.abort();
    };
  }, [api, path, tries]);
  const retry = useCallback(() => setTries((count) => count + 1), []);
  return { status, list: latest?.path === path ? latest.list : undefined, retry };
}
