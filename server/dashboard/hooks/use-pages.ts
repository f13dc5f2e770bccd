import { useEffect, useRef } from 'preact/hooks';
import { createPageTrail } from '../page-trail.ts';
import { useService } from '../service.ts';
import type { Answer } from './use-answer.ts';

/** The part of an answer that leads on. */
export interface Paged {
  readonly next_cursor: string | null;
}

export interface Pages {
  /** From 1, when the reader came from the first page. */
  readonly number: number | undefined;
  /** Of the page before, '' being the first; undefined when there is none, or it is not known. */
  readonly previous: string | undefined;
  /** Of the page after; undefined when there is none, or it is not known yet. */
  readonly next: string | undefined;
  /** Goes on the heading of the list, which takes the focus when the page is turned. */
  readonly heading: { current: HTMLHeadingElement | null };
}

/** For as long as the page is open, of all views: a cursor belongs to one question only. */
const trail = createPageTrail();

/** Where the page at `cursor` is among the others. The first has the cursor ''. */
export function usePages(cursor: string, answer: Answer<Paged>): Pages {
  const { announce } = useService();
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(cursor);
  const isCurrent = answer.state === 'ready' && !answer.isOfBefore;
  const next = isCurrent ? answer.value.next_cursor : null;
  useEffect(() => trail.learn(cursor, next), [cursor, next]);
  const depth = trail.depth(cursor);
  useEffect(() => {
    if (!isCurrent || shown.current === cursor) return;
    shown.current = cursor;
    heading.current?.focus();
    announce(depth === undefined ? 'Another page.' : `Page ${depth + 1}.`);
  }, [isCurrent, cursor, depth, announce]);
  return {
    number: depth === undefined ? undefined : depth + 1,
    previous: trail.before(cursor),
    next: next ?? undefined,
    heading,
  };
}
