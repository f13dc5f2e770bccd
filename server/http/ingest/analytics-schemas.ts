import { Type } from 'typebox';
import { MAX_NAME_CHARACTERS, MAX_TIMESTAMP_MS } from '../../events/event.ts';
import { IDEMPOTENCY_KEY } from '../../events/event-id.ts';

const Flag = Type.Optional(
  Type.Enum(['', '1', 'true'], { description: 'the name alone, without a value', examples: [''] }),
);

function Text(noun: string) {
  return Type.String({
    minLength: 1,
    maxLength: MAX_NAME_CHARACTERS,
    pattern: '^[^\\uFFFD]*$',
    description: `one ${noun} of 1 to ${MAX_NAME_CHARACTERS} characters, in percent-encoded UTF-8`,
  });
}

/** The parameters of `POST /analytics`; that exactly one of the last three is given, once, is beyond a schema. */
export const RecordQuery = Type.Object({
  timestamp: Type.Integer({
    minimum: 0,
    maximum: MAX_TIMESTAMP_MS,
    description: `a whole number of milliseconds since the epoch, from 0 to now + MAX_FUTURE_MS`,
  }),
  user: Text('user name'),
  click: Flag,
  impression: Flag,
  event: Type.Optional(Type.Enum(['click', 'impression'], { description: 'click or impression' })),
  event_id: Type.Optional(Text('event id')),
});

/** The headers of `POST /analytics`. */
export const RecordHeaders = Type.Object({
  [IDEMPOTENCY_KEY]: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_NAME_CHARACTERS,
      description: `one event id of 1 to ${MAX_NAME_CHARACTERS} characters, in UTF-8; the same as event_id where that is given`,
    }),
  ),
});
