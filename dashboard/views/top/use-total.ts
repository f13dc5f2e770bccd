import { seriesPath, type Measure, type SeriesAnswer } from '../../api/questions.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useServiceMinute } from '../../hooks/use-service-minute.ts';
import type { Unit } from '../../text/zoned.ts';
import type { TopQuestion } from './question.ts';

const EVERY_MS = 5_000;

const WINDOWS: Readonly<Record<string, { readonly ms: number; readonly interval: Unit }>> = {
  '15m': { ms: 900_000, interval: 'minute' },
  '1h': { ms: 3_600_000, interval: 'minute' },
  '24h': { ms: 86_400_000, interval: 'hour' },
  '7d': { ms: 7 * 86_400_000, interval: 'day' },
  '30d': { ms: 30 * 86_400_000, interval: 'day' },
};

/** How many there are of what is counted, whatever their keys; undefined where that cannot be asked for. */
export function useTotal(question: TopQuestion): number | undefined {
  const nowMs = useServiceMinute();
  const answer = useAnswer<SeriesAnswer>(pathOf(question, nowMs), { everyMs: EVERY_MS });
  return answer.state === 'ready' && !answer.isOfBefore ? answer.value.series[0]?.total : undefined;
}

function pathOf(question: TopQuestion, nowMs: number): string | undefined {
  const { window, from, to, unique, measure, category, name, where } = question;
  const known = WINDOWS[window];
  if (unique !== '' || (window !== '' && known === undefined)) return undefined;
  const given = { fromMs: from === '' ? undefined : Date.parse(from), toMs: to === '' ? undefined : Date.parse(to) };
  if (Number.isNaN(given.fromMs) || Number.isNaN(given.toMs)) return undefined;
  const fromMs = Math.max(given.fromMs ?? 0, known === undefined ? 0 : nowMs - 60_000 - known.ms);
  const interval = known?.interval ?? 'month';
  const stretch = { fromMs, toMs: given.toMs };
  return seriesPath({
    measure: (measure || 'events') as Measure,
    interval,
    timezone: 'UTC',
    category,
    name,
    where,
    ...stretch,
  });
}
