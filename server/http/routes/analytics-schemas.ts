import { Type } from 'typebox';
import { MAX_NAME_CHARACTERS, MAX_TIMESTAMP_MS } from '../../events/event.ts';
import { IDEMPOTENCY_KEY } from '../../events/event-id.ts';
import { Time } from '../operation/parameters.ts';

const WHOLE_MS = 'a whole number of milliseconds since the epoch, from 0 to';

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
    description: `${WHOLE_MS} now + MAX_FUTURE_MS`,
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

/** The parameters of `GET /analytics`. */
export const HourQuery = Type.Object({
  timestamp: Type.Integer({
    minimum: 0,
    maximum: MAX_TIMESTAMP_MS,
    description: `${WHOLE_MS} ${MAX_TIMESTAMP_MS}`,
  }),
});

/** The parameters of `GET /analytics/hours`; how far they may be apart is beyond a schema. */
export const HoursQuery = Type.Object({ from: Time, to: Time });

const Count = Type.Integer({ minimum: 0 });

/** The counts of one hour. */
export const HourCounts = Type.Object(
  {
    hour: Type.String({ format: 'date-time', description: 'When the hour begins, UTC' }),
    unique_users: Count,
    clicks: Count,
    impressions: Count,
  },
  { $id: 'HourCounts' },
);

/** The same for people and shell scripts: a line a count. */
export const HourCountsText = Type.String({
  pattern: '^unique_users,\\d+\nclicks,\\d+\nimpressions,\\d+\n$',
  examples: ['unique_users,1\nclicks,1\nimpressions,0\n'],
});
