import { useEffect, useRef, useState } from 'preact/hooks';
import { createPageTrail } from '../state/page-trail.ts';
import { useService } from '../api/service.ts';
import { useAnswer, type Answer } from './use-answer.ts';
import { useServiceMinute } from './use-service-minute.ts';

/** The part of an answer that leads on. */
interface Paged {
  readonly next_cursor: string | null;
}

export interface PagedQuestion<T> {
  /** Everything that is asked for, except which page. */
  readonly filters: string;
  /** The first page has the cursor ''. */
  readonly cursor: string;
  /** @param nowMs at the service, in milliseconds since the epoch: where a range that ends now has its end */
  readonly pathOf: (nowMs: number) => string;
  /** As in `useAnswer`. */
  readonly read?: (text: string) => T;
  /**
   * Asks for this page again so often, where it grows; then a range that ends now moves along.
   * @param current what is known of it; undefined before that
   */
  readonly everyMs?: (current: T | undefined) => number | undefined;
}

export interface PagedAnswer<T> {
  readonly answer: Answer<T>;
  /** The value, when it is the answer to this question, though its range may have moved on since. */
  readonly current: T | undefined;
  /** What `current` was asked for with; later pages are those of then. */
  readonly nowMs: number;
  /** Asks for this page again, and for a range that ends now. */
  readonly refresh: () => void;
  /** Of this page, from 1, when the reader came from the first one. */
  readonly number: number | undefined;
  /** The cursor of the page before; undefined when there is none, or it is not known. */
  readonly previous: string | undefined;
  /** The cursor of the page after; undefined when there is none, or it is not known yet. */
  readonly next: string | undefined;
  /** Goes on the heading of the list, which takes the focus when the page is turned. */
  readonly heading: { current: HTMLHeadingElement | null };
}

/** For as long as the page is open, of all views: a cursor belongs to one question only. */
const trail = createPageTrail();

/** Asks for one page of a list, and knows where it is among the others. */
export function usePagedAnswer<T extends Paged>(question: PagedQuestion<T>): PagedAnswer<T> {
  const { filters, cursor, pathOf, read } = question;
  const [refreshes, setRefreshes] = useState(0);
  const [known, keep] = useState<Known<T>>();
  const asked = `${refreshes} ${filters}`;
  const id = `${asked} ${cursor}`;
  const everyMs = question.everyMs?.(known?.id === id ? known.value : undefined);
  const nowMs = useNow(asked, everyMs !== undefined);
  const answer = useAnswer<T>(pathOf(nowMs), { everyMs, ...(read !== undefined && { read }) });
  const isNow = answer.state === 'ready' && !answer.isOfBefore;
  if (isNow && (known?.id !== id || known.value !== answer.value)) keep({ id, value: answer.value, nowMs });
  const found = answer.state === 'ready' && known?.id === id ? known : undefined;
  const current = found?.value;
  const next = current?.next_cursor ?? null;
  useEffect(() => trail.learn(cursor, next), [cursor, next]);
  const depth = trail.depth(cursor);
  const number = depth === undefined ? undefined : depth + 1;
  return {
    answer,
    current,
    nowMs: found?.nowMs ?? nowMs,
    refresh: () => {
      setRefreshes(refreshes + 1);
      answer.retry();
    },
    number,
    previous: trail.before(cursor),
    next: next ?? undefined,
    heading: useTurning(cursor, current !== undefined, number),
  };
}

interface Known<T> {
  readonly id: string;
  readonly value: T;
  readonly nowMs: number;
}

/** The time at the service when something was asked for, to the minute where it moves on. */
function useNow(asked: string, moves: boolean): number {
  const { api } = useService();
  const minuteMs = useServiceMinute();
  const [kept, keep] = useState(() => ({ asked, minuteMs, nowMs: api.nowMs() }));
  if (kept.asked === asked && (kept.minuteMs === minuteMs || !moves)) return kept.nowMs;
  const nowMs = api.nowMs();
  keep({ asked, minuteMs, nowMs });
  return nowMs;
}

/** Leads the reader to the beginning of the list when another page of it is there. */
function useTurning(cursor: string, isThere: boolean, number: number | undefined) {
  const { announce } = useService();
  const heading = useRef<HTMLHeadingElement>(null);
  const shownRef = useRef(cursor);
  useEffect(() => {
    if (!isThere || shownRef.current === cursor) return;
    shownRef.current = cursor;
    heading.current?.focus();
    announce(number === undefined ? 'Another page.' : `Page ${number}.`);
  }, [isThere, cursor, number, announce]);
  return heading;
}
