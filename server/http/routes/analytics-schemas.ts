import { Type } from 'typebox';
import { MAX_TIMESTAMP_MS } from '../../events/event.ts';
import { Time } from '../operation/parameters.ts';

const WHOLE_MS = 'a whole number of milliseconds since the epoch, from 0 to';

export const HourQuery = Type.Object({
  timestamp: Type.Integer({
    minimum: 0,
    maximum: MAX_TIMESTAMP_MS,
    description: `${WHOLE_MS} ${MAX_TIMESTAMP_MS}`,
  }),
});

/** How far they may be apart is beyond a schema. */
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
