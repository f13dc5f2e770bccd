import { useMemo } from 'preact/hooks';
import { useService } from '../../api/service.ts';
import { useNames } from '../../choice/suggestions.ts';
import { FIRST_QUESTION, isAsked, readQuestion, type TopQuestion } from './question.ts';
import { windowOf, WINDOWS } from './words.ts';

/** The first question looks no less far back. */
const LEAST_MS = windowOf(FIRST_QUESTION.window)?.ms ?? 0;

/** The question of a link; the first one is of the shortest window that holds the newest event, so that it does not begin with nothing. */
export function useFirstWindow(query: URLSearchParams): TopQuestion {
  const { api } = useService();
  const { known: names } = useNames();
  const window = useMemo(() => {
    if (names === undefined || names.length === 0) return FIRST_QUESTION.window;
    const newestMs = Math.max(...names.map(({ last }) => Date.parse(last)));
    return WINDOWS.find(({ ms = 0 }) => ms >= LEAST_MS && newestMs > api.nowMs() - ms)?.window ?? '';
  }, [api, names]);
  return isAsked(query) ? readQuestion(query) : { ...FIRST_QUESTION, window };
}
