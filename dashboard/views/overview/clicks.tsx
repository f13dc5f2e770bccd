import type { KnownName } from '../../api/questions.ts';
import type { useRange } from '../../hooks/use-range.ts';
import { useSeries } from '../../hooks/use-series.ts';
import { exploreTo } from '../../state/links.ts';
import { Figure } from './figure.tsx';
import type { OverviewState } from './overview-state.ts';

const CATEGORY = 'analytics';
const COUNTED = [
  { name: 'click', label: 'Clicks' },
  { name: 'impression', label: 'Impressions' },
] as const;

export interface ClicksProps {
  readonly names: readonly KnownName[];
  readonly state: OverviewState;
  readonly range: ReturnType<typeof useRange>;
}

/** What `POST /analytics` counts, for those who use it. */
export function Clicks({ names, ...rest }: ClicksProps) {
  const used = COUNTED.filter(({ name }) => names.some((one) => one.category === CATEGORY && one.name === name));
  return (
    <>
      {used.map((one) => (
        <li key={one.name}>
          <CountedFigure {...one} {...rest} />
        </li>
      ))}
    </>
  );
}

function CountedFigure({ name, label, state, range }: Omit<ClicksProps, 'names'> & (typeof COUNTED)[number]) {
  const { bounds, zone } = range;
  const question = { measure: 'events', interval: bounds.interval, timezone: zone, category: CATEGORY, name } as const;
  const series = useSeries(question, bounds, true);
  const { range: id, from, to } = state;
  const href = exploreTo({ category: CATEGORY, name, range: id === '' && from === '' ? '24h' : id, from, to });
  return <Figure label={label} series={series} href={href} isUnfinished={bounds.isOpen} />;
}
