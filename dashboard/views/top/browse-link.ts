import { linkTo } from '../../state/location.ts';
import type { TopQuestion } from './question.ts';

const WINDOWS_MS: Readonly<Record<string, number>> = { '15m': 900_000, '1h': 3_600_000, '24h': 86_400_000 };
/** What `GET /events` can be asked for; it knows no users and no paths. */
const FILTERS: readonly string[] = ['name', 'category', 'session_id'];

/**
 * The link to the events behind a key, where there is a way to ask for them. What `unique` and `where` leave out of the
 * count is among them.
 * @param generatedAt of the list that the key is in, ISO 8601
 */
export function browseLink(question: TopQuestion, key: string, generatedAt: string): string | undefined {
  const { by, category, name, window } = question;
  if (!FILTERS.includes(by) || key === '') return undefined;
  const windowMs = WINDOWS_MS[window];
  const from = windowMs === undefined ? undefined : fromOf(generatedAt, windowMs);
  return linkTo('browse', { category, name, [by]: key, from });
}

/** To the minute, and so as not to leave anything out: a link that changes every second cannot be copied. */
function fromOf(generatedAt: string, windowMs: number): string {
  const minuteMs = 60_000;
  const ms = Math.floor((Date.parse(generatedAt) - windowMs) / minuteMs) * minuteMs;
  return new Date(ms).toISOString();
}
