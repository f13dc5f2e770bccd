import type { Payload } from '../drivers/sent.ts';

/** What the page of a client offers to who drives it. */
export interface PageClient {
  /** Resolves when the client has what it needs from the service. */
  readonly ready: Promise<unknown>;
  readonly identify: (user: string) => void;
  readonly track: (event: Tracked) => Promise<Given>;
}

/** What the client gave an event. */
export interface Given {
  readonly session: string;
  readonly timestamp: string;
}

/** An event as a page is told of it. */
export interface Tracked {
  readonly name: string;
  readonly payload: Payload;
  /** ISO 8601; a client that has times of its own does not heed it. */
  readonly timestamp: string;
}

declare global {
  // Set by the page, before and by its client.
  // eslint-disable-next-line no-var
  var destination: { readonly url: string; readonly key: string };
  // eslint-disable-next-line no-var
  var pageClient: PageClient;
}
