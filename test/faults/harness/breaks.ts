/** Guarantees that can be broken on purpose, to see whether the harness notices; and the scenario that has to. */
export const SHOWN_BY = {
  /** A request is answered before its events are synced. */
  'ack-before-fsync': 'power-losses',
  /** A batch that is sent again has another deduplication token. */
  'random-token': 'connection-cut-after-commit',
  /** The view's table does not recognise what it already has. */
  'no-view-window': 'connection-cut-after-commit',
} as const;

export type Break = keyof typeof SHOWN_BY;

export function isBreak(text: string): text is Break {
  return Object.hasOwn(SHOWN_BY, text);
}
