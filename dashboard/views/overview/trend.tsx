import type { ComponentChildren } from 'preact';
import { Chart } from '../../chart/chart.tsx';
import { chartDataOf, countedOf, type ChartData } from '../../chart/chart-data.ts';
import { SeriesTable } from '../../chart/series-table.tsx';
import { MEASURES } from '../../choice/measures.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { useSeries } from '../../hooks/use-series.ts';
import type { useRange } from '../../hooks/use-range.ts';
import { eventsOf } from '../../state/links.ts';
import { Figure } from './figure.tsx';
import { overviewLink, type OverviewState } from './overview-state.ts';

export interface TrendProps {
  readonly state: OverviewState;
  readonly range: ReturnType<typeof useRange>;
  /** More figures, as items of the list. */
  readonly children?: ComponentChildren;
}

/** Events, users and sessions, each as a figure that can be chosen, and the chosen one over time. */
export function Trend({ state, range, children }: TrendProps) {
  const { bounds, zone, nowMs } = range;
  const question = { interval: bounds.interval, timezone: zone };
  const series = {
    events: useSeries({ ...question, measure: 'events' }, bounds, true),
    users: useSeries({ ...question, measure: 'users' }, bounds, true),
    sessions: useSeries({ ...question, measure: 'sessions' }, bounds, true),
  };
  const { answer, isCurrent, before } = series[state.measure];
  const label = MEASURES.find(({ id }) => id === state.measure)?.label ?? '';
  const isLive = bounds.isOpen && isCurrent && answer.state === 'ready' && answer.error === undefined;
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
              isUnfinished={bounds.isOpen}
            />
          </li>
        ))}
        {children}
      </ul>
      <AnswerPanel answer={answer} what="the figures">
        {(value) => (
          <Drawn
            data={chartDataOf({ answer: value, before, range: bounds.asked, ...question, zone, nowMs, label })}
            label={label}
          />
        )}
      </AnswerPanel>
    </>
  );
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
