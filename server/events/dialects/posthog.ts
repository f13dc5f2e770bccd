import type { Mapping } from './mapping.ts';

/** The events of PostHog's capture API. */
export const POSTHOG: Mapping = {
  category: { is: 'capture' },
  name: ['event'],
  event_id: ['uuid'],
  user: ['distinct_id', 'properties.distinct_id'],
  session_id: ['properties.$session_id', 'distinct_id', 'properties.distinct_id'],
  timestamp: ['timestamp'],
};
