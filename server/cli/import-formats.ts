/** Makes the text of an event for `POST /events` of a line that is JSON; `value` is what the line holds. */
export type ImportFormat = (line: string, value: unknown) => string;

/** What `--format` may be. */
export const importFormats: Readonly<Record<string, ImportFormat>> = {
  events: (line) => line,
  rsvp,
};

/**
 * A line of Meetup's stream of RSVPs. Its member is the session and the user; `data` is the line itself, so nothing of
 * it is lost. What a line lacks is left out: it is the service that says what is wrong with it, and keeps it.
 */
function rsvp(line: string, value: unknown): string {
  const member = memberOf(memberOf(value, 'member'), 'member_id');
  const user = typeof member === 'number' || typeof member === 'string' ? `meetup-${member}` : undefined;
  const head = {
    session_id: user,
    user,
    category: 'meetup',
    name: 'rsvp',
    timestamp: memberOf(value, 'mtime'),
  };
  return `${JSON.stringify(head).slice(0, -1)},"data":${line}}`;
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
