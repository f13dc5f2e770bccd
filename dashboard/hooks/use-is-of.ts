import { useState } from 'preact/hooks';
import type { Answer } from './use-answer.ts';

/** Whether an answer is there and is of what `id` names, though the times that were asked for may have moved on since. */
export function useIsOf(id: string, answer: Answer<unknown>): boolean {
  const [answered, setAnswered] = useState<string>();
  const isNow = answer.state === 'ready' && !answer.isOfBefore;
  if (isNow && answered !== id) setAnswered(id);
  return isNow || (answer.state === 'ready' && answered === id);
}
