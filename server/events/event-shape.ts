import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type, type Static } from 'typebox';
import type { Issue } from '../common/errors.ts';
import { DEFAULT_CATEGORY, MAX_NAME_CHARACTERS } from './event.ts';
import { isObject } from './json/json-text.ts';
import { received } from './json/received.ts';
import type { Refusal } from './rejection.ts';
import { issuesOf, MAX_ISSUES } from './schema-issues.ts';

/** The deepest nesting of `data`; `{}` has a depth of 1. */
export const MAX_DATA_DEPTH = 100;

const name = (description: string) => Type.String({ minLength: 1, maxLength: MAX_NAME_CHARACTERS, description });

/**
 * An event as applications send it. Unknown members are refused, so that a typo such as `sesion_id` is seen. What a
 * missing member means is said in words and not as a `default`: some makers of clients take that for a promise to send it.
 */
export const EventShape = Type.Object(
  {
    name: name('What happened, such as `pageview`'),
    timestamp: Type.Optional(
      Type.Unsafe<string | number>({
        type: ['string', 'number'],
        description:
          'When it happened: ISO 8601, `YYYY-MM-DD HH:MM:SS[.ffffff]` (UTC when it names no zone), or a number of milliseconds since the epoch. From 1970 to now + MAX_FUTURE_MS; microseconds are kept. When it was received, if it is missing',
        examples: ['2021-01-01 09:15:27.243860', 1609492527243.86],
      }),
    ),
    session_id: Type.Optional(name('What the events of one visit share; the user, if it is missing and there is one')),
    category: Type.Optional(
      name(`The kind of event, such as \`page interaction\`; \`${DEFAULT_CATEGORY}\`, if it is missing`),
    ),
    data: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: true,
          description: `Anything, nested up to ${MAX_DATA_DEPTH} deep; kept exactly as sent, and \`{}\` if it is missing. It must satisfy the JSON Schema of its category and name, if there is one`,
        },
      ),
    ),
    event_id: Type.Optional(
      name(
        'An id of the sender: events with the same id, application, category, name and timestamp are one event, however often they come. Given by the service, if it is missing',
      ),
    ),
    user: Type.Optional(name('Who did it')),
    application: Type.Optional(name('The application of the key; with a key it may be left out')),
  },
  { $id: 'EventIn', additionalProperties: false },
);

export type EventShape = Static<typeof EventShape>;

/** The members that an event may have. */
export const EVENT_MEMBERS: ReadonlySet<string> = new Set(Object.keys(EventShape.properties));

// The schema of its own: to check it against that of schemas takes a third of the start.
const options = {
  validateSchema: false,
  allowUnionTypes: true,
  strictTypes: false,
  verbose: true,
  ownProperties: true,
  strictNumbers: false,
} as const;
const isEventShape = new Ajv2020(options).compile<EventShape>(EventShape);
const findErrors = new Ajv2020({ ...options, allErrors: true }).compile<EventShape>(EventShape);

/** @returns the value itself when it has the shape of an event, and otherwise what is wrong with it */
export function readShape(value: unknown): EventShape | Refusal {
  if (isEventShape(value)) return value;
  if (!isObject(value)) return notAnObject(value);
  // All errors are looked for among the known members alone: an object may have a million others.
  findErrors(Object.fromEntries(Object.entries(value).filter(([key]) => EVENT_MEMBERS.has(key))));
  const errors = [...issuesOf(findErrors.errors ?? [], ''), ...unknownMembers(value)].slice(0, MAX_ISSUES);
  return { reason: 'shape', errors };
}

/** Why a value is not taken that is no JSON object. */
export function notAnObject(value: unknown): Refusal {
  return { reason: 'shape', errors: [{ path: '', message: `received ${received(value)}, expected a JSON object` }] };
}

function unknownMembers(value: Readonly<Record<string, unknown>>): Issue[] {
  const issues: Issue[] = [];
  for (const key in value) {
    if (EVENT_MEMBERS.has(key)) continue;
    const message = `received a member that an event does not have, expected one of ${[...EVENT_MEMBERS].join(', ')}`;
    issues.push({ path: key.slice(0, MAX_NAME_CHARACTERS), message });
    if (issues.length === MAX_ISSUES) break;
  }
  return issues;
}
