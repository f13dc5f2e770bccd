import { useState } from 'preact/hooks';

/**
 * What a reader types over what is shown. It is gone once something else is shown: by a link, or by going back.
 * @returns the values to draw, and how to change some of them
 */
export function useTyped<T extends object>(shown: T): [T, (change: Partial<T>) => void] {
  const id = JSON.stringify(shown);
  const [typed, setTyped] = useState({ id, values: shown });
  // At once: the same may be shown again later.
  if (typed.id !== id) setTyped({ id, values: shown });
  const values = typed.id === id ? typed.values : shown;
  return [values, (change) => setTyped({ id, values: { ...values, ...change } })];
}
