/** Guarantees that can be broken on purpose, to see whether the harness notices; and the scenario that has to. */
export const SHOWN_BY = {
  /** A request is answered before its events are synced. */
  'ack-before-fsync': 'power-losses',
  /** A segment is removed before ClickHouse has what is in it. */
  'segment-removed-early': 'connection-cut-inside',
  /** The view of the minutes counts rows, and makes no sets of identities. */
  'view-without-ids': 'connection-slow',
  /** The view of the hours makes no sets of users. */
  'view-without-users': 'connection-slow',
  /** The removal of a segment is not made durable. */
  'removal-unsynced': 'power-cut',
  /** Once all is healed, every INSERT starts five seconds late. */
  'inserts-delayed': 'connection-slow',
} as const;

export type Break = keyof typeof SHOWN_BY;

export function isBreak(text: string): text is Break {
  return Object.hasOwn(SHOWN_BY, text);
}
