/** What a question can count. */
export const MEASURES = [
  { id: 'events', label: 'Events' },
  { id: 'users', label: 'Unique users' },
  { id: 'sessions', label: 'Sessions' },
] as const;

/** What a question can follow from one event to the next. */
export const FOLLOWED = [
  { id: 'user', label: 'Users' },
  { id: 'session_id', label: 'Sessions' },
] as const;
