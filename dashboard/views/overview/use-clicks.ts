import type { KnownName } from '../../api/questions.ts';
import type { useRange } from '../../hooks/use-range.ts';
import { useSeries } from '../../hooks/use-series.ts';
import { exploreTo } from '../../state/links.ts';
import type { FigureProps } from './figure.tsx';
import type { OverviewState } from './overview-state.ts';

const CATEGORY = 'analytics';

type CountedFigure = Pick<FigureProps, 'label' | 'series' | 'href'>;

export interface ClicksQuestion {
  readonly names: readonly KnownName[];
  readonly state: OverviewState;
  readonly range: ReturnType<typeof useRange>;
}

/** What `POST /analytics` counts, for those who use it. */
export function useClicks(question: ClicksQuestion): readonly CountedFigure[] {
  const clicks = useCounted('click', 'Clicks', question);
  const impressions = useCounted('impression', 'Impressions', question);
  return [clicks, impressions].filter((figure) => figure !== undefined);
}

function useCounted(name: string, label: string, { names, state, range }: ClicksQuestion): CountedFigure | undefined {
  const { bounds, zone } = range;
  const isUsed = names.some((one) => one.category === CATEGORY && one.name === name);
  const question = { measure: 'events', interval: bounds.interval, timezone: zone, category: CATEGORY, name } as const;
  const series = useSeries(isUsed ? question : undefined, bounds, true);
  const { range: id, from, to } = state;
  const href = exploreTo({ category: CATEGORY, name, range: id === '' && from === '' ? '24h' : id, from, to });
  return isUsed ? { label, series, href } : undefined;
}
