import { useMemo, useState } from 'preact/hooks';
import type { KnownName, NamesAnswer } from '../api/questions.ts';
import type { TopList } from '../api/stream.ts';
import { useAnswer, type Answer } from '../hooks/use-answer.ts';
import { formatCount } from '../text/format.ts';
import { withQuery } from '../text/query.ts';
import type { Of } from './event-key.ts';
import type { Option } from './options.ts';
import { pathsIn } from './payload-paths.ts';

/** How many of the newest events are looked through for paths. */
const LOOKED_AT = 100;
const MAX_VALUES = '100';

/** Which names there are. */
export interface Names {
  /** The most frequent first; undefined until they are known. */
  readonly known: readonly KnownName[] | undefined;
  /** Why they are not known. */
  readonly problem: string | undefined;
}

export function useNames(): Names {
  const answer = useAnswer<NamesAnswer>('/events/names');
  return { known: answer.state === 'ready' ? answer.value.names : undefined, problem: problemOf(answer) };
}

/** What a combobox shows. */
export interface Suggestions {
  readonly options: readonly Option[] | undefined;
  /** Why there are none. */
  readonly problem: string | undefined;
  /** Asks for them; nothing is asked for before somebody looks. */
  readonly onOpen: () => void;
}

function problemOf({ state }: Answer<unknown>): string | undefined {
  return state === 'failed' ? 'What there is cannot be looked up now' : undefined;
}

/** Paths that are in the payloads of the newest events, in alphabetical order. */
export function usePaths({ category, name }: Of): Suggestions {
  const [isWanted, setIsWanted] = useState(false);
  const path = withQuery('/events', { category, name, order: 'desc', limit: String(LOOKED_AT) });
  const answer = useAnswer<EventsAnswer>(isWanted ? path : undefined);
  const value = answer.state === 'ready' ? answer.value : undefined;
  const options = useMemo(() => value && pathsIn(value.events.map(({ data }) => data)), [value]);
  return { options, problem: problemOf(answer), onOpen: () => setIsWanted(true) };
}

interface EventsAnswer {
  readonly events: readonly { readonly data: unknown }[];
}

/** The most frequent values of a member or a path, each with how often it was seen. */
export function useValues(by: string, { category = '', name = '' }: Partial<Of> = {}): Suggestions {
  const [isWanted, setIsWanted] = useState(false);
  const path = withQuery('/events/top', { by, category, name, limit: MAX_VALUES });
  const answer = useAnswer<TopList>(isWanted && by !== '' ? path : undefined);
  const options =
    answer.state === 'ready'
      ? answer.value.top
          .filter(({ key }) => typeof key === 'string' && key !== '')
          .map(({ key, count }) => ({ value: key, label: key, note: formatCount(count) }))
      : undefined;
  return { options, problem: problemOf(answer), onOpen: () => setIsWanted(true) };
}
