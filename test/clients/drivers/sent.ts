/** An event that a client is told to send. */
export interface Sent {
  /** In the payload, and nowhere else. */
  readonly marker: string;
  readonly name: string;
  readonly user: string;
  readonly session: string;
  readonly timestamp: Date;
}

/** A client, and what it is told by. */
export interface Driver {
  readonly name: string;
  /** What of the wire makes it lose events by its own rules, and no server of its dialect answers. */
  readonly neverMeets: readonly (429 | 503)[];
  /** Whether it goes on until everything is delivered, in the times that the tests have. */
  readonly isPatient: boolean;
  /** Sends them all, and waits until the client has no more to do. */
  readonly send: (url: string, key: string, events: readonly Sent[]) => Promise<void>;
  /** The category of its events. */
  readonly category: string;
}

const USERS = 20;

/** @param run in the markers, so that events of different runs are never the same */
export function eventsToSend(count: number, run: string, nowMs: number): readonly Sent[] {
  return Array.from({ length: count }, (_, index) => ({
    marker: `#${run}-${index}#`,
    name: `event ${index % 7}`,
    user: `user ${index % USERS}`,
    session: `session-${index % USERS}`,
    timestamp: new Date(nowMs - (count - index) * 10),
  }));
}
