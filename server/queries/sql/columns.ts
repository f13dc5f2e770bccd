/** What an event is known by; see migrations/0001_events.sql. */
export const IDENTITY = 'application, event_id, category, name, timestamp';

/** Columns of an event that events can be counted by. */
export const TOP_COLUMNS = ['name', 'category', 'application', 'session_id', 'user'] as const;
export type TopColumn = (typeof TOP_COLUMNS)[number];

/** What is counted: the events, or who they are of. Events without a user, or a session, count for none. */
export const MEASURES = ['events', 'users', 'sessions'] as const;
export type Measure = (typeof MEASURES)[number];

/** The column of an event that names whom a measure counts. */
export const PERSONS = { events: undefined, users: 'user', sessions: 'session_id' } as const satisfies Record<
  Measure,
  string | undefined
>;
