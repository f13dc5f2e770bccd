import type { Issue } from '../common/errors.ts';
import type { TimestampLimits } from './analytics-event.ts';
import { DEFAULT_CATEGORY, MAX_TIMESTAMP_MS, NO_DATA, type Event } from './event.ts';
import { EVENT_MEMBERS, MAX_DATA_DEPTH, readShape, type EventShape } from './event-shape.ts';
import { eventTimeUs } from './time.ts';
import { isFlaw, readJsonText, type JsonText, type Wanted } from './json/json-text.ts';
import type { PayloadCheck } from './payload-schemas.ts';
import { received } from './json/received.ts';
import type { Reason, Refusal } from './rejection.ts';
import { shapeOf, type DataText } from './data/shape.ts';
import type { TypedPaths } from './data/typed-paths.ts';

export interface ParseContext extends TimestampLimits {
  /** Of the key that the event came with; undefined without a key. */
  readonly application: string | undefined;
  readonly checkPayload: PayloadCheck;
  /** Of all events of the process. */
  readonly typedPaths: Pick<TypedPaths, 'allows'>;
}

const EVENT_TEXT: Wanted = { names: EVENT_MEMBERS, maxDepth: MAX_DATA_DEPTH, member: 'data' };

/**
 * One event of `POST /events`, of which only the name is required. Its `data` is cut out of the text, so that what is
 * stored is what was sent; what is validated is the same bytes, because no member may be given twice.
 * @param bytes the exact text of the event
 */
export function parseEvent(bytes: Buffer, context: ParseContext): Event | Refusal {
  const read = readJsonText(bytes, EVENT_TEXT);
  if (isFlaw(read)) return read;
  const { text, value, span } = read;
  const shape = readShape(value);
  if (isRefusal(shape)) return shape;
  if ((span === undefined) !== (shape.data === undefined))
    throw new Error('JSON.parse and scanMembers do not agree on whether there is a member data');
  return toEvent({ shape, text, data: dataOf(read) }, context);
}

/** The exact text of the member that was looked for, or that of no data. */
export function dataOf({ text, span }: JsonText): DataText {
  if (span === undefined) return { text: NO_DATA, members: 0 };
  return { text: text.slice(span.from, span.to), members: span.members };
}

export function isRefusal(verdict: Event | EventShape | Refusal): verdict is Refusal {
  return 'reason' in verdict;
}

/** What was read of an event, in whatever words it came. */
export interface ReadEvent {
  readonly shape: EventShape;
  /** That of the shape's `data`. */
  readonly data: DataText;
  /** The text that all of it came from. */
  readonly text: string;
}

/** What is decided of every event, whoever sent it: the application, the time, whole characters, and its schema. */
export function toEvent({ shape, data: given, text }: ReadEvent, context: ParseContext): Event | Refusal {
  const { category = DEFAULT_CATEGORY, name, user = '', event_id: eventId } = shape;
  const { session_id: sessionId = user, data: payload = {} } = shape;
  const { text: data } = given;
  const findings: [Reason, Issue][] = [];
  // Only an escape can stand for half a character, and most texts have none.
  if (text.includes('\\u')) findings.push(...halfCharacters(shape));
  const { application = shape.application } = context;
  if (shape.application !== undefined && shape.application !== application) {
    const message = `received ${received(shape.application)}, expected ${received(application)}, which the key belongs to, or nothing`;
    findings.push(['foreign_application', { path: 'application', message }]);
  }
  const timestampUs = shape.timestamp === undefined ? undefined : eventTimeUs(shape.timestamp);
  const problem = timestampUs === undefined ? undefined : timeProblem(timestampUs, context);
  if (problem !== undefined) {
    findings.push(['timestamp', { path: 'timestamp', message: `received ${received(shape.timestamp)}${problem}` }]);
  }
  for (const issue of context.checkPayload({ category, name }, payload, given)) findings.push(['schema', issue]);
  const [first] = findings;
  if (first !== undefined) return { reason: first[0], errors: findings.map(([, issue]) => issue) };
  // Last, because it remembers the paths of what it allows.
  const typedShape = context.typedPaths.allows(payload) ? shapeOf(payload, given) : undefined;
  // No `...` of what may be missing: with four of them this took as long as all else of an event.
  return {
    timestampUs,
    application: application ?? '',
    sessionId,
    user,
    category,
    name,
    data,
    eventId,
    typed: typedShape === undefined ? false : undefined,
    shape: typedShape,
  };
}

/** @returns what follows the time that was received; what differs from event to event stands before what was expected */
function timeProblem(timestampUs: number, { nowMs, maxFutureMs }: TimestampLimits): string | undefined {
  if (Number.isNaN(timestampUs)) {
    return ', expected ISO 8601, YYYY-MM-DD HH:MM:SS[.ffffff], or a number of milliseconds since the epoch';
  }
  if (timestampUs < 0) return ', expected a time not before 1970';
  const latestMs = Math.min(nowMs + maxFutureMs, MAX_TIMESTAMP_MS);
  if (timestampUs <= latestMs * 1000) return undefined;
  if (latestMs === MAX_TIMESTAMP_MS) return `, expected a time not after ${new Date(latestMs).toISOString()}`;
  return ` at ${new Date(nowMs).toISOString()}, expected a time at most ${maxFutureMs} ms ahead of this server's`;
}

const NAMES = ['session_id', 'category', 'name', 'user', 'event_id', 'application'] as const;

/** UTF-8 has no bytes for half of a surrogate pair, so a name with one could not come back as it was sent. */
function halfCharacters(shape: EventShape): [Reason, Issue][] {
  return NAMES.filter((path) => /\p{Surrogate}/u.test(shape[path] ?? '')).map((path) => {
    const message = `received ${received(shape[path])}, expected whole characters, not half of a surrogate pair`;
    return ['shape', { path, message }];
  });
}
