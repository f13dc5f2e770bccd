import type { KnownName, Measure } from '../../api/questions.ts';
import { Chart } from '../../chart/chart.tsx';
import { chartDataOf, countedOf, type ChartData } from '../../chart/chart-data.ts';
import { SeriesTable } from '../../chart/series-table.tsx';
import { MEASURES } from '../../choice/measures.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { useLast } from '../../hooks/use-last.ts';
import { useSeries } from '../../hooks/use-series.ts';
import type { useRange } from '../../hooks/use-range.ts';
import { eventsOf } from '../../state/links.ts';
import { useClicks } from './use-clicks.ts';
import { Figure } from './figure.tsx';
import { overviewLink, type OverviewState } from './overview-state.ts';

export interface TrendProps {
  readonly state: OverviewState;
  readonly range: ReturnType<typeof useRange>;
  /** Of all time. */
  readonly names: readonly KnownName[];
}

/** Events, users and sessions, each as a figure that can be chosen, clicks, and the chosen one over time. */
export function Trend({ state, range, names }: TrendProps) {
  const { bounds } = range;
  const measured = {
    events: useMeasured('events', range),
    users: useMeasured('users', range),
    sessions: useMeasured('sessions', range),
  };
  const clicks = useClicks({ names, state, range });
  const figures = [
    ...MEASURES.map(({ id, label }) => ({
      label,
      series: measured[id].series,
      href: overviewLink({ ...state, measure: id }),
      isChosen: id === state.measure,
    })),
    ...clicks,
  ];
  const { series, drawn } = measured[state.measure];
  const label = MEASURES.find(({ id }) => id === state.measure)?.label ?? '';
  const isLive = bounds.isOpen && figures.every((figure) => figure.series.isFresh);
  return (
    <>
      <div class="figures-head">
        <p class="section-note">{bounds.words}, against the same time before</p>
        {isLive && <span class="live">Live</span>}
      </div>
      <ul class="figures">
        {figures.map((figure) => (
          <li key={figure.label}>
            <Figure {...figure} isUnfinished={bounds.isOpen} />
          </li>
        ))}
      </ul>
      <AnswerPanel answer={series.answer} what="the figures">
        {(answer) => <Drawn data={chartDataOf({ answer, before: series.before, ...drawn, label })} label={label} />}
      </AnswerPanel>
    </>
  );
}

function useMeasured(measure: Measure, { bounds, zone, nowMs }: TrendProps['range']) {
  const { interval, asked } = bounds;
  const series = useSeries({ measure, interval, timezone: zone }, bounds, true);
  return { series, drawn: useLast({ range: asked, interval, zone, nowMs }, series.isCurrent) };
}

function Drawn({ data, label }: { readonly data: ChartData; readonly label: string }) {
  const linkAt = (index: number) => eventsOf(countedOf(data, index), {});
  return (
    <>
      <div class="card">
        <Chart
          data={data}
          as={data.times.length > 62 ? 'line' : 'bars'}
          label={`${label} of ${data.times.length} intervals`}
          linkAt={linkAt}
        />
      </div>
      <Disclosure summary="The same figures as a table">
        {() => <SeriesTable data={data} caption={`${label}, the latest first`} linkAt={linkAt} />}
      </Disclosure>
    </>
  );
}
