import type { DataCondition } from '../../events/data/data-path.ts';
import { allOf, columnsAre, END_US, isOneOf, isWithin, type Condition } from './conditions.ts';

/** Which events a question is about; what is undefined does not matter. */
export interface EventFilters {
  readonly application?: string | undefined;
  readonly category?: string | undefined;
  readonly name?: string | undefined;
  /** One of these. */
  readonly names?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly sessionId?: string | undefined;
  /** Inclusive; this and the next in whole microseconds since the epoch. */
  readonly fromUs?: number | undefined;
  /** Exclusive. */
  readonly toUs?: number | undefined;
  /** All of them must hold. */
  readonly where?: readonly DataCondition[] | undefined;
}

/** All of them but `where`, over the columns of `events`. */
export function columnFilters({ fromUs = 0, toUs = END_US, sessionId, names, ...filters }: EventFilters): Condition {
  const { application, category, name, user } = filters;
  return allOf([
    ...columnsAre({ application, category, name, user, session_id: sessionId }),
    ...isOneOf('name', names),
    ...isWithin('timestamp', { fromUs, toUs }),
  ]);
}
