import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

const GLIDE = { duration: 350, easing: 'cubic-bezier(0.2, 0, 0, 1)' } as const;

interface Place {
  readonly index: number;
  readonly top: number;
}

/**
 * Lets the rows of a table glide from where they were to where they are now, unless the reader wants no motion. A row that
 * has the focus keeps it.
 * @returns the reference for the body of the table, whose rows must have keys
 */
export function useMovingRows(): RefObject<HTMLTableSectionElement | null> {
  const body = useRef<HTMLTableSectionElement>(null);
  const places = useRef(new WeakMap<Element, Place>());
  // Before the rows are put in order: an element that is moved in the document loses the focus.
  const focused = document.activeElement;
  useLayoutEffect(() => {
    const isStill = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    [...(body.current?.rows ?? [])].forEach((row, index) => {
      const before = places.current.get(row);
      const top = row.offsetTop;
      places.current.set(row, { index, top });
      if (before === undefined || before.index === index || isStill) return;
      row.animate([{ transform: `translateY(${before.top - top}px)` }, { transform: 'none' }], GLIDE);
    });
    const hasLostFocus = focused !== document.activeElement && body.current?.contains(focused) === true;
    if (hasLostFocus && focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  });
  return body;
}
