import { Type } from 'typebox';
import { DATA_PATH, DATA_PATH_WORDS } from '../../events/data/data-path.ts';
import { MEASURES } from '../../queries/sql/columns.ts';
import { Time } from '../operation/parameters.ts';
import { category, filters, GROUP_KEY, where } from './questions-schemas.ts';

const MAX_SHOWN = 20;
/** Fewer than the head of a request may have. */
const MAX_SHOW_CHARACTERS = 14_000;

/** What `window` may be, in milliseconds. */
export const WINDOWS_MS = {
  '15m': 900_000,
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const;

export const TopQuery = Type.Object({
  by: Type.String({ ...GROUP_KEY, default: 'name' }),
  measure: Type.Enum([...MEASURES], { default: 'events', description: `${MEASURES.join(', ')}; once` }),
  application: filters.application,
  category: Type.Optional(category),
  name: filters.name,
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  window: Type.Optional(
    Type.Enum(['15m', '1h', '24h', '7d', '30d'], { description: '15m, 1h, 24h, 7d or 30d (up to now), without from' }),
  ),
  unique: Type.Optional(Type.String({ pattern: `^${DATA_PATH}$`, description: `${DATA_PATH_WORDS}; once` })),
  where: Type.Optional(where),
  show: Type.Optional(
    Type.String({
      maxLength: MAX_SHOW_CHARACTERS,
      pattern: `^${DATA_PATH}(?:,${DATA_PATH}){0,${MAX_SHOWN - 1}}$`,
      description: `1 to ${MAX_SHOWN} paths with commas between them, once; a path is ${DATA_PATH_WORDS}`,
    }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 10, description: 'a whole number from 1 to 100' }),
});

export const Top = Type.Object({
  generated_at: Type.String({ format: 'date-time', examples: ['2021-01-01T09:15:27.243000Z'] }),
  top: Type.Array(
    Type.Object(
      { key: Type.String(), count: Type.Integer() },
      {
        $id: 'TopKey',
        additionalProperties: {
          description: 'The value at a path of `show`, under the path; null where there is none',
        },
      },
    ),
  ),
});
