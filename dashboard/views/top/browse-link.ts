import { MEMBERS } from '../../choice/members.ts';
import { browseTo, userTo } from '../../state/links.ts';
import type { TopQuestion } from './question.ts';
import { windowOf } from './words.ts';

/**
 * The link to the events behind a key; of a user, to what that user did. What `unique` leaves out of the count is among
 * them.
 * @param key null for the events that have no value there
 * @param generatedAt of the list that the key is in, ISO 8601
 */
export function browseLink(question: TopQuestion, key: string | null, generatedAt: string): string | undefined {
  const { by, category, name, window, from, to, where } = question;
  if (key === null || key === '') return undefined;
  if (by === 'user') return userTo(key);
  const windowMs = windowOf(window)?.ms;
  const since = windowMs === undefined ? from : fromOf(generatedAt, windowMs);
  const filters = { category, name, where, from: since, to };
  if (MEMBERS.some(({ value }) => value === by)) return browseTo({ ...filters, [by]: key });
  return browseTo({ ...filters, where: [...where, `${by}:${key}`] });
}

/** To the minute, and so as not to leave anything out: a link that changes every second cannot be copied. */
function fromOf(generatedAt: string, windowMs: number): string {
  const minuteMs = 60_000;
  const ms = Math.floor((Date.parse(generatedAt) - windowMs) / minuteMs) * minuteMs;
  return new Date(ms).toISOString();
}
