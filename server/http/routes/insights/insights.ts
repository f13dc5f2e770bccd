import type { Operation } from '../../operation/operation.ts';
import type { ReadsOf } from '../reads.ts';
import { funnel } from './funnel.ts';
import { retention } from './retention.ts';
import { series } from './series.ts';

export interface InsightsRoutesDependencies {
  readonly reads: ReadsOf;
}

/** How many, over time. */
export function insightsOperations({ reads }: InsightsRoutesDependencies): readonly Operation[] {
  return [series(reads), funnel(reads), retention(reads)];
}
