import type { Mapping } from './mapping.ts';

/** The events of PostHog's capture API. */
export const POSTHOG: Mapping = {
  category: { is: 'capture' },
  name: ['event'],
  event_id: ['uuid'],
  user: ['distinct_id', 'properties.distinct_id'],
  session_id: ['properties.$session_id', 'distinct_id', 'properties.distinct_id'],
  // Pages sent no other time before September 2026, only how long ago it was: with each retry the same, and so another time.
  timestamp: ['timestamp', { secondsAt: 'properties.$time' }],
};
