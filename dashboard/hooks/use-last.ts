import { useState } from 'preact/hooks';

/** What is asked now once its answer is there; until then, what the answer before, which is still shown, was asked with. */
export function useLast<T>(asked: T, isAnswered: boolean): T {
  const [last, keep] = useState(asked);
  if (isAnswered && JSON.stringify(last) !== JSON.stringify(asked)) keep(asked);
  return isAnswered ? asked : last;
}
