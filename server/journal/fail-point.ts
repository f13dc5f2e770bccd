/**
 * The instants between receiving an event and having it in ClickHouse at which a process may die without harm. In the
 * order in which an event meets them.
 */
export const FAIL_POINTS = [
  /** Segments of a process that is gone were taken over, and the shipper does not know of them. */
  'taken-over',
  /** A segment's file is there, and empty. */
  'segment-opened',
  /** A group of rows is about to be written. */
  'before-commit',
  /** What a body brings of rejected events is durable, its events are not. */
  'rejected-committed',
  /** A group of rows is durable, and nobody has been told. */
  'committed',
  /** A segment will not grow any more, and the shipper does not have it yet. */
  'sealed',
  /** Segments, or some of their rows, are about to be sent. */
  'before-ship',
  /** ClickHouse has what was sent, and the files are still there. */
  'shipped',
  /** The files that are stored as a whole are gone, and nothing else has been told. */
  'removed',
] as const;

export type FailPoint = (typeof FAIL_POINTS)[number];

/** Called at each fail point; whoever tests what happens there does it here. */
export type Hit = (point: FailPoint) => void;
