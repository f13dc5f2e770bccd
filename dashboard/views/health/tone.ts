/** How good or bad something is. Never shown by colour alone: there is always a sign and a word. */
export type Tone = 'good' | 'warn' | 'bad' | 'neutral';

const GOOD: ReadonlySet<string> = new Set([
  'ok',
  'up',
  'ready',
  'idle',
  'sending',
  'waiting',
  'running',
  'passed',
  'healthy',
  'well',
]);
const BAD: ReadonlySet<string> = new Set([
  'refusing',
  'failed',
  'failing',
  'not ready',
  'damaged',
  'down',
  'error',
  'lost',
]);
const WARN: ReadonlySet<string> = new Set([
  'unavailable',
  'partly unavailable',
  'incomplete',
  'degraded',
  'behind',
  'not migrated',
]);

/** The tone of a state in the words of the service. One that is not known is neither good nor bad, unless it has an error. */
export function toneOf(state: string, hasError: boolean): Tone {
  const word = state.toLowerCase();
  if (BAD.has(word)) return 'bad';
  if (WARN.has(word) || hasError) return 'warn';
  return GOOD.has(word) ? 'good' : 'neutral';
}
