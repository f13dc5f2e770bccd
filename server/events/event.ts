/**
 * Something a user of an application did. `data` is the JSON text of the payload, kept exactly as it was received.
 * `timestampUs` is when it happened, in whole microseconds since the epoch, UTC.
 */
export interface Event {
  readonly timestampUs: number;
  readonly application: string;
  readonly sessionId: string;
  readonly user: string;
  readonly category: string;
  readonly name: string;
  readonly data: string;
  /** Given by the sender; without it the event's id is that of its arrival. */
  readonly eventId?: string;
}

/** When and as what this server took an event in; see `Arrivals`. */
export interface Arrival {
  readonly receivedAtUs: number;
  readonly eventId: string;
}

/** Longest user, session, category, name and event id, in characters (Unicode code points). */
export const MAX_NAME_CHARACTERS = 256;

/** The latest instant the service can be asked about: 2099-12-31T23:59:59.999Z, in milliseconds. */
export const MAX_TIMESTAMP_MS = 4_102_444_799_999;

/** Clicks and impressions are events of this category; the hourly view counts this category and no other. */
export const ANALYTICS_CATEGORY = 'analytics';
