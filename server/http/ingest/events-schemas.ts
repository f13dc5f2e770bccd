import { Type } from 'typebox';
import { EventShape } from '../../events/event-shape.ts';
import { REASONS } from '../../events/rejection.ts';
import { Problem } from '../operation/answers.ts';
import type { Body } from '../operation/operation.ts';

const NDJSON = Type.String({
  description: 'One event a line; blank lines are skipped',
  contentMediaType: 'application/x-ndjson',
});

const CloudEvent = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ minLength: 1, description: 'The event_id' }),
    source: Type.String({ minLength: 1, description: 'The category' }),
    type: Type.String({ minLength: 1, description: 'The name' }),
    subject: Type.Optional(Type.String({ description: 'The user, and the session_id' })),
    time: Type.Optional(Type.String({ description: 'The timestamp; when it was received, if it is missing' })),
    data: Type.Optional(
      Type.Object({}, { additionalProperties: true, description: 'Kept exactly as sent; `{}` if it is missing' }),
    ),
  },
  {
    $id: 'CloudEvent',
    additionalProperties: true,
    description: 'CloudEvents 1.0; binary ones have it in `ce-*` headers',
  },
);

export const EventsBody: Body = {
  description: 'One event, an array of events, or one event a line; at most MAX_BODY_BYTES, also when decompressed',
  content: {
    'application/json': Type.Union([EventShape, Type.Array(EventShape)]),
    'application/x-ndjson': NDJSON,
    'text/plain': Type.String({ description: 'Either of these, as a browser sends it with `sendBeacon`' }),
    'application/cloudevents+json': CloudEvent,
    'application/cloudevents-batch+json': Type.Array(CloudEvent),
  },
};

const Issues = Type.Array(
  Type.Object({
    path: Type.String({
      description: 'The path in the event, such as `data.venue.lon`; empty for all of it',
    }),
    message: Type.String({ description: 'What was received and what was expected' }),
  }),
);

const verdicts = {
  accepted: Type.Integer({ minimum: 0, description: 'How many events are safe on disk' }),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer({ minimum: 0, description: 'Which event of the body, from 0' }),
      reason: Type.Enum([...REASONS]),
      errors: Issues,
    }),
  ),
  rejected_omitted: Type.Optional(
    Type.Integer({ description: 'How many more were rejected, when there are too many for an answer' }),
  ),
};

/** The verdicts on the events of a body. */
export const Verdicts = Type.Object(verdicts, { $id: 'Verdicts' });

/** A problem that says of each event why it was not accepted. */
export const EventsProblem = Type.Object(
  {
    ...Problem.properties,
    accepted: Type.Optional(verdicts.accepted),
    rejected: Type.Optional(verdicts.rejected),
    rejected_omitted: verdicts.rejected_omitted,
  },
  { $id: 'EventsProblem', description: 'RFC 9457, with the verdicts' },
);
