import { useCallback, useEffect, useState } from 'preact/hooks';
import { useService } from '../api/service.ts';
import { followTop, type StreamState, type TopList } from '../api/stream.ts';

/** What a stream is doing, and the last list that it brought. */
export interface TopStream {
  readonly status: StreamState;
  readonly list: TopList | undefined;
  /** Connects again now. */
  readonly retry: () => void;
}

interface Known {
  readonly path: string;
  readonly status: StreamState;
  readonly list: TopList | undefined;
}

const CONNECTING: StreamState = { state: 'connecting' };

/**
 * Follows `/events/top/stream`. A list of another question is forgotten. A tab that cannot be seen lets go of its
 * connection, because the service has a limit on them.
 * @param path with its query
 * @param options.isHeld lets go of the connection too, and leaves the list as it is
 */
export function useTopStream(path: string, { isHeld }: { readonly isHeld: boolean }): TopStream {
  const { api } = useService();
  const [tries, setTries] = useState(0);
  const [known, setKnown] = useState<Known>({ path, status: CONNECTING, list: undefined });
  useEffect(() => {
    if (isHeld) return undefined;
    let connection: AbortController | undefined;
    const learn = (news: Partial<Known>) => setKnown((before) => ({ ...of(path, before), ...news }));
    const listener = {
      onState: (status: StreamState) => learn({ status }),
      onTop: (list: TopList) => learn({ list }),
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
  }, [api, path, isHeld, tries]);
  const retry = useCallback(() => setTries((count) => count + 1), []);
  const { status, list } = of(path, known);
  return { status, list, retry };
}

/** What is known about a path: nothing, if it is about another one. */
function of(path: string, known: Known): Known {
  return known.path === path ? known : { path, status: CONNECTING, list: undefined };
}
