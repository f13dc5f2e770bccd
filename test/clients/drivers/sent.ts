import type { Closing } from '../../../server/closing.ts';

/** An event that a client is told to send. */
export interface Sent {
  /** In the payload, and nowhere else. */
  readonly marker: string;
  readonly name: string;
  readonly user: string;
  readonly session: string;
  readonly timestamp: Date;
  /** What the client has to say of it, the marker among that. */
  readonly payload: Payload;
  /** Whether the service takes it. */
  readonly isValid: boolean;
}

// A type, because the clients ask for one with an index signature, which an interface does not have.
export type Payload = {
  readonly marker: string;
  readonly price: number;
  readonly note: string;
  readonly tags: (number | null | { readonly deep: boolean })[];
};

/** Where a client sends to. */
export interface Destination {
  readonly url: string;
  readonly key: string;
  /** The markers of what the client was told is taken. */
  readonly delivered: ReadonlySet<string>;
  /** From now on nothing is lost, late or refused on the way. */
  heal(): void;
}

/** A client that is ready. */
export interface Client {
  /** Of the page that it runs in, where it runs in one. */
  readonly origin?: string;
  /**
   * Sends them all, and waits until the client has no more to do.
   * @returns them, with the sessions and times that the client gave them where it does so itself
   */
  readonly send: (destination: Destination, events: readonly Sent[]) => Promise<readonly Sent[]>;
}

/** How a client is run. */
export interface Driver {
  /** Of the package. */
  readonly name: string;
  /** What of the wire makes it lose events by its own rules, and no server of its dialect answers. */
  readonly neverMeets: readonly (429 | 503)[];
  /** Whether it goes on until everything is delivered, in the times that the tests have. */
  readonly isPatient: boolean;
  /** The category of its events. */
  readonly category: string;
  /** What the service may answer its requests. */
  readonly answers: readonly number[];
  /** @param closing where what it opens is registered to be closed */
  readonly start: (closing: Closing) => Promise<Client>;
}

const USERS = 20;
/** More than a name may have. */
const TOO_LONG = 'x'.repeat(300);

/**
 * Events of twenty users, in the order of their times; the one in the middle has a name that is too long.
 * @param run in the markers, so that events of different runs are never the same
 */
export function eventsToSend(count: number, run: string, nowMs: number, users = USERS): readonly Sent[] {
  return Array.from({ length: count }, (_, index) => {
    const marker = `#${run}-${index}#`;
    const isValid = index !== count >> 1;
    return {
      marker,
      name: isValid ? `event ${index % 7}` : TOO_LONG,
      user: `user ${index % users}`,
      session: `session-${index % users}`,
      timestamp: new Date(nowMs - (count - index) * 10),
      payload: { marker, price: index / 8, note: 'für "zwei" \\ 漢字 🛒', tags: [index, null, { deep: true }] },
      isValid,
    };
  });
}
