import type { Parameters } from '../text/query.ts';
import { linkTo } from './location.ts';

/** The way from each view to the others, so that none has to know another. */
export const browseTo = (query: Parameters): string => linkTo('browse', query);
export const exploreTo = (query: Parameters): string => linkTo('explore', query);
export const topTo = (query: Parameters): string => linkTo('top', query);
export const userTo = (user: string): string => linkTo('users', { user });

/** The events of a stretch of time, in milliseconds, and of whatever else is asked for. */
export function eventsOf(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  query: Parameters,
): string {
  return browseTo({ ...query, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
}
