/**
 * Something a user of an application did. Its identity is (application, event id, category, name, timestamp): events that
 * have it in common are one event, however often they come.
 */
export interface Event {
  /** When it happened, in whole microseconds since the epoch; without it, it happened when it was received, by the clock. */
  readonly timestampUs?: number | undefined;
  readonly application: string;
  /** Empty for none; so is the user. */
  readonly sessionId: string;
  readonly user: string;
  readonly category: string;
  readonly name: string;
  /** The JSON text of the payload, kept exactly as it was received. */
  readonly data: string;
  /** Given by the sender; without it its id is that of its receive stamp. */
  readonly eventId?: string | undefined;
  /**
   * That ClickHouse must not make the typed column of it, because of what that would cost, or because it refuses it; see
   * `TypedPaths`, `shapeOf`.
   */
  readonly typed?: false | undefined;
  /** See `shapeOf`; without it, what is at a path of `data` is read from the text. */
  readonly shape?: string | undefined;
}

/** When and as what this server took an event in, decided before the event is durable; see `ReceiveStamps`. */
export interface ReceiveStamp {
  readonly receivedAtUs: number;
  /** What the clock says, in microseconds since the epoch; the other time goes on when the clock goes back. */
  readonly clockUs: number;
  readonly eventId: string;
}

/** Longest user, session, category, name and event id, in characters (Unicode code points). */
export const MAX_NAME_CHARACTERS = 256;

/** The latest instant the service can be asked about: 2099-12-31T23:59:59.999Z, in milliseconds. */
export const MAX_TIMESTAMP_MS = 4_102_444_799_999;

/** The category and the payload of an event that names none. */
export const DEFAULT_CATEGORY = 'event';
export const NO_DATA = '{}';

/** Clicks and impressions are events of this category; the hourly view counts this category and no other. */
export const ANALYTICS_CATEGORY = 'analytics';
