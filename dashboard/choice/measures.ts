/** What a question can count. */
export const MEASURES = [
  { id: 'events', label: 'Events' },
  { id: 'users', label: 'Unique users' },
  { id: 'sessions', label: 'Sessions' },
] as const;
