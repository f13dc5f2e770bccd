import { useState } from 'preact/hooks';
import { seriesPath, type Measure, type SeriesAnswer } from '../../api/questions.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useIsOf } from '../../hooks/use-is-of.ts';
import { timeInLink } from '../../text/instants.ts';
import { DAY_MS } from '../../text/zoned.ts';
import type { TopQuestion } from './question.ts';
import { windowOf } from './words.ts';

const EVERY_MS = 5_000;
const HOUR_MS = DAY_MS / 24;

/**
 * How many there are of what is counted, whatever their keys; undefined where that cannot be asked for.
 * @param listMs when the list is of that has its shares, so that they are of the same time, also while the list is held
 */
export function useTotal(question: TopQuestion, listMs: number): number | undefined {
  const [askedMs, ask] = useState(listMs);
  if (Math.abs(listMs - askedMs) >= EVERY_MS) ask(listMs);
  const answer = useAnswer<SeriesAnswer>(pathOf(question, askedMs));
  const { window, from, to } = question;
  const isOf = useIsOf(JSON.stringify([pathOf(question, 0), window, from, to]), answer);
  return isOf && answer.state === 'ready' ? answer.value.series[0]?.total : undefined;
}

function pathOf(question: TopQuestion, nowMs: number): string | undefined {
  const { window, from, to, unique, measure, category, name, where } = question;
  const known = windowOf(window);
  if (unique !== '' || known === undefined) return undefined;
  const given = { fromMs: from === '' ? undefined : timeInLink(from), toMs: to === '' ? undefined : timeInLink(to) };
  if (Number.isNaN(given.fromMs) || Number.isNaN(given.toMs)) return undefined;
  const fromMs = Math.max(
    given.fromMs ?? 0,
    known.ms === undefined ? 0 : beginningOf(nowMs - known.ms, known.interval),
  );
  const stretch = { fromMs, toMs: Math.min(given.toMs ?? nowMs, nowMs) };
  return seriesPath({
    measure: (measure || 'events') as Measure,
    interval: known.interval,
    timezone: 'UTC',
    category,
    name,
    where,
    ...stretch,
  });
}

/** Of a window of days with the hour: where raw events are gone, the list is of whole hours, too. */
function beginningOf(ms: number, interval: string): number {
  return interval === 'day' ? Math.ceil(ms / HOUR_MS) * HOUR_MS : ms;
}
