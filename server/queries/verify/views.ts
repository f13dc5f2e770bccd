/** SQL of the set of no identities, and of no users or sessions. */
export const NO_IDS = `arrayReduce('uniqExactState', CAST([], 'Array(String)'), CAST([], 'Array(DateTime64(6, \\'UTC\\'))'))`;
export const NOBODY = `arrayReduce('uniqExactState', CAST([], 'Array(String)'))`;
/** The first of no events, and the last. */
export const NO_FIRST = "toDateTime64('2299-12-31 00:00:00', 6, 'UTC')";
export const NO_LAST = "toDateTime64(0, 6, 'UTC')";

/**
 * What `minutes` must hold, from the raw events: the SELECT of the materialized view (migrations/0002_counts.sql), for a
 * repair. Its columns are `minute, application, category, name, rows, ids`.
 * @param events the table to read: all events, or the part of them that one node has
 * @param condition SQL over the columns of `events`: which events to read. Only whole minutes give the sets of minutes
 */
export function minutesFromRaw(events: string, condition: string): string {
  return `
  SELECT
      toStartOfMinute(timestamp, 'UTC') AS minute,
      application,
      category,
      name,
      count() AS rows,
      uniqExactState(event_id, timestamp) AS ids
  FROM ${events}
  WHERE ${condition}
  GROUP BY minute, application, category, name`;
}

/**
 * What `hours` must hold, from the raw events; as above. Its columns are
 * `hour, application, category, name, rows, first, last, users, sessions`: all but `counted`, which no view writes.
 */
export function hoursFromRaw(events: string, condition: string): string {
  return `
  SELECT
      toStartOfHour(timestamp, 'UTC') AS hour,
      application,
      category,
      name,
      count() AS rows,
      min(timestamp) AS first,
      max(timestamp) AS last,
      uniqExactStateIf(user, notEmpty(user)) AS users,
      uniqExactStateIf(session_id, notEmpty(session_id)) AS sessions
  FROM ${events}
  WHERE ${condition}
  GROUP BY hour, application, category, name`;
}
