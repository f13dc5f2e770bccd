import type { Mapping } from './mapping.ts';

/** The messages of Segment's HTTP API: `track`, `page`, `identify` and the others are events alike. */
export const SEGMENT: Mapping = {
  category: ['type'],
  name: ['event', 'name', 'type'],
  event_id: ['messageId'],
  user: ['userId', 'anonymousId'],
  session_id: ['context.sessionId', 'anonymousId', 'userId'],
  // Never corrected by `sentAt`, which is another with each retry, and so would be the event.
  timestamp: ['timestamp', 'originalTimestamp'],
};
