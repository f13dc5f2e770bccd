import { Type } from 'typebox';
import { MAX_NAME_CHARACTERS } from '../../../events/event.ts';
import { PEOPLE, STEP_WORDS } from '../../../queries/insights/steps.ts';
import { TIME_ZONE_WORDS } from '../../../queries/insights/zone-clock.ts';

/** Parameters and members that insights have in common. */
export const timezone = Type.String({
  minLength: 1,
  maxLength: 64,
  default: 'UTC',
  description: TIME_ZONE_WORDS,
});

export const Step = Type.String({
  minLength: 1,
  maxLength: 2 * MAX_NAME_CHARACTERS + '::'.length,
  description: STEP_WORDS,
});

export const by = Type.Enum([...PEOPLE], { default: 'user', description: PEOPLE.join(' or ') });

/** The beginning of an interval. */
export const Start = Type.String({ format: 'date-time', examples: ['2024-05-16T22:00:00.000Z'] });

export const common = { method: 'get', tag: 'Insights', access: 'scoped read' } as const;
