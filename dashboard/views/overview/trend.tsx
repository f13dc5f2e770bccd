import { Change } from '../../chart/change.tsx';
import { Chart } from '../../chart/chart.tsx';
import { chartDataOf, endOf, type ChartData } from '../../chart/chart-data.ts';
import { SeriesTable } from '../../chart/series-table.tsx';
import { Sparkline } from '../../chart/sparkline.tsx';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Count } from '../../components/count.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { useSeries, type Series } from '../../hooks/use-series.ts';
import type { useRange } from '../../hooks/use-range.ts';
import { eventsOf } from '../../state/links.ts';
import { MEASURES, overviewLink, type OverviewState } from './overview-state.ts';

export interface TrendProps {
  readonly state: OverviewState;
  readonly range: ReturnType<typeof useRange>;
}

/** Events, users and sessions, each as a figure that can be chosen, and the chosen one over time. */
export function Trend({ state, range }: TrendProps) {
  const { bounds, zone, nowMs } = range;
  const question = { interval: bounds.interval, timezone: zone };
  const series = {
    events: useSeries({ ...question, measure: 'events' }, bounds, true),
    users: useSeries({ ...question, measure: 'users' }, bounds, true),
    sessions: useSeries({ ...question, measure: 'sessions' }, bounds, true),
  };
  const { answer, before } = series[state.measure];
  const label = MEASURES.find(({ id }) => id === state.measure)?.label ?? '';
  const isLive = bounds.isOpen && answer.state === 'ready' && answer.error === undefined;
  return (
    <>
      <div class="figures-head">
        <p class="section-note">{bounds.words}, against the same time before</p>
        {isLive && <span class="live">Live</span>}
      </div>
      <ul class="figures">
        {MEASURES.map((measure) => (
          <li key={measure.id}>
            <Figure
              label={measure.label}
              series={series[measure.id]}
              href={overviewLink({ ...state, measure: measure.id })}
              isChosen={measure.id === state.measure}
            />
          </li>
        ))}
      </ul>
      <AnswerPanel answer={answer} what="the figures">
        {(value) => (
          <Drawn data={chartDataOf({ answer: value, before, ...question, zone, nowMs, label })} label={label} />
        )}
      </AnswerPanel>
    </>
  );
}

interface FigureProps {
  readonly label: string;
  readonly series: Series;
  readonly href: string;
  readonly isChosen: boolean;
}

function Figure({ label, series: { answer, before }, href, isChosen }: FigureProps) {
  const now = answer.state === 'ready' ? answer.value.series[0] : undefined;
  return (
    <a class="figure" href={href} aria-current={isChosen ? 'true' : undefined}>
      <span class="figure-label">{label}</span>
      <span class="figure-value">{now === undefined ? '–' : <Count value={now.total} />}</span>
      {now !== undefined && <Change count={now.total} before={before?.series[0]?.total} />}
      <Sparkline values={now?.values ?? []} />
    </a>
  );
}

function Drawn({ data, label }: { readonly data: ChartData; readonly label: string }) {
  const linkAt = (index: number) => eventsOf(data.times[index] ?? 0, endOf(data, index), {});
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
