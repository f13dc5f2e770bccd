/** What can be counted, of any question that counts; what of it there is most of, in a top list. */
export const MEASURES = [
  { id: 'events', label: 'Events' },
  { id: 'users', label: 'Unique users' },
  { id: 'sessions', label: 'Sessions' },
] as const;
