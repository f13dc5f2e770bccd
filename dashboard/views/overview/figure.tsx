import { Change } from '../../chart/change.tsx';
import { Sparkline } from '../../chart/sparkline.tsx';
import { Count } from '../../components/count.tsx';
import type { Series } from '../../hooks/use-series.ts';

export interface FigureProps {
  readonly label: string;
  readonly series: Series;
  readonly href: string;
  /** Whether the chart is of it; undefined where it leads elsewhere. */
  readonly isChosen?: boolean;
  /** Whether its last interval goes on: the small line ends before that. */
  readonly isUnfinished: boolean;
}

/** A total with its change against the period before, and the shape of it. */
export function Figure({ label, series, href, isChosen = false, isUnfinished }: FigureProps) {
  const { answer, before, isFresh } = series;
  const now = answer.state === 'ready' ? answer.value.series[0] : undefined;
  return (
    <a
      class="figure"
      href={href}
      aria-current={isChosen ? 'true' : undefined}
      aria-busy={answer.state === 'ready' && !isFresh}
    >
      <span class="figure-label">{label}</span>
      <span class="figure-value">{now === undefined ? '–' : <Count value={now.total} />}</span>
      {now !== undefined && <Change count={now.total} before={before?.series[0]?.total} />}
      <Sparkline values={isUnfinished ? (now?.values.slice(0, -1) ?? []) : (now?.values ?? [])} />
    </a>
  );
}
