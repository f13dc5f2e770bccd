import { Type } from 'typebox';
import { DATA_PATH, DATA_PATH_WORDS } from '../../events/data/data-path.ts';
import { MAX_NAME_CHARACTERS } from '../../events/event.ts';
import { REASONS } from '../../events/rejection.ts';
import { EXPORT_FORMATS } from '../../queries/export/export-formats.ts';
import { TOP_COLUMNS } from '../../queries/sql/columns.ts';
import { Time } from '../operation/parameters.ts';

const LONGEST = `${MAX_NAME_CHARACTERS} characters`;

function Name(description: string) {
  return Type.String({
    minLength: 1,
    maxLength: MAX_NAME_CHARACTERS,
    description: `${description} of 1 to ${LONGEST}, once`,
  });
}

export const category = Name('a category');

/** What events are of, each with a path of its own: `GET /sessions/{session_id}`, `/users/{user}`, `/categories/{category}`. */
export const subjects = { session_id: Name('a session'), user: Name('a user'), category };

const MAX_CONDITIONS = 10;
const MAX_CONDITION_CHARACTERS = 2048;

/** What has to hold of `data`. */
export const where = Type.Array(Type.String({ pattern: `^${DATA_PATH}:`, maxLength: MAX_CONDITION_CHARACTERS }), {
  maxItems: MAX_CONDITIONS,
  description: `path:value, at most ${MAX_CONDITIONS} times; a path is ${DATA_PATH_WORDS}`,
});

/** What events are grouped by. */
export const GROUP_KEY = {
  pattern: `^(?:${TOP_COLUMNS.join('|')}|${DATA_PATH})$`,
  description: `${TOP_COLUMNS.join(', ')}, or ${DATA_PATH_WORDS}; once`,
};

/** The filters that questions about events have in common. */
export const filters = {
  name: Type.Optional(Name('a name')),
  application: Type.Optional(
    Type.String({
      maxLength: MAX_NAME_CHARACTERS,
      description: `an application of at most ${LONGEST}, once; empty for events without one`,
    }),
  ),
  from: Type.Optional(Time),
  to: Type.Optional(Time),
};

const paging = {
  limit: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 100,
    description: 'a whole number from 1 to 1000',
  }),
  cursor: Type.Optional(
    Type.String({ maxLength: 4096, description: 'the next_cursor of an answer to the same question' }),
  ),
};

const order = Type.Enum(['asc', 'desc'], {
  default: 'asc',
  description: 'asc (the oldest first) or desc (the newest first)',
});

export const EventsQuery = Type.Object({
  session_id: Type.Optional(subjects.session_id),
  user: Type.Optional(subjects.user),
  category: Type.Optional(category),
  ...filters,
  where: Type.Optional(where),
  order,
  ...paging,
});

export const ExportQuery = Type.Object({
  format: Type.Enum([...EXPORT_FORMATS], { default: 'ndjson', description: EXPORT_FORMATS.join(', ') }),
  ...Type.Omit(EventsQuery, ['limit', 'cursor']).properties,
});

export const RejectedQuery = Type.Object({
  reason: Type.Optional(Name(`a reason (${REASONS.join(', ')})`)),
  application: filters.application,
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  ...paging,
});

export const RejectedSummaryQuery = Type.Omit(RejectedQuery, ['cursor']);

const Instant = Type.String({ format: 'date-time', examples: ['2021-01-01T09:15:27.243860Z'] });
const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'Given as `cursor`, asks for the next page; null when there is none',
});

const StoredEvent = Type.Object(
  {
    event_id: Type.String(),
    received_at: Instant,
    application: Type.String({ description: 'As the key says; without a key, as the event says; empty if neither' }),
    session_id: Type.String({ description: 'Empty when the event named neither a session nor a user' }),
    user: Type.String({ description: 'Empty when the event named none' }),
    category: Type.String(),
    name: Type.String(),
    data: Type.Object({}, { additionalProperties: true, description: 'The payload, exactly as it was sent' }),
    timestamp: Instant,
  },
  { $id: 'StoredEvent' },
);

export const Events = Type.Object({ events: Type.Array(StoredEvent), next_cursor: NextCursor });

export const Categories = Type.Object({
  categories: Type.Array(
    Type.Object(
      {
        category: Type.String(),
        events: Type.Integer(),
        sessions: Type.Integer({ description: 'How many different sessions its events name; exact' }),
        first: Instant,
        last: Instant,
      },
      { $id: 'Category' },
    ),
  ),
});

export const NamesQuery = Type.Object({ category: Type.Optional(category) });

export const Names = Type.Object({
  names: Type.Array(
    Type.Object(
      {
        category: Type.String(),
        name: Type.String(),
        events: Type.Integer(),
        first: Instant,
        last: Instant,
      },
      { $id: 'Name' },
    ),
  ),
});

/** Not an enumeration: later versions may have more. */
const Reason = Type.String({ description: `One of ${REASONS.join(', ')}` });

export const Rejected = Type.Object({
  rejected: Type.Array(
    Type.Object(
      {
        received_at: Instant,
        application: Type.String({ description: 'Of the key that sent it; empty without a key' }),
        reason: Reason,
        errors: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
        payload: Type.String({ description: 'The exact text received; a long one is cut, with a mark' }),
      },
      { $id: 'RejectedEvent' },
    ),
  ),
  next_cursor: NextCursor,
});

export const RejectedSummary = Type.Object({
  total: Type.Integer({
    description:
      'Rejections, and not events: a body that was sent again has them again, and one that is `too_large` has one',
  }),
  groups: Type.Array(
    Type.Object(
      {
        reason: Reason,
        path: Type.String({ description: 'In the event; the number of an item is `*`. Empty for the event itself' }),
        message: Type.String({ description: 'What was expected' }),
        count: Type.Integer(),
        last: Instant,
      },
      { $id: 'RejectedGroup' },
    ),
  ),
});
