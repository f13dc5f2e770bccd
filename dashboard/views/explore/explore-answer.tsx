import { Chart } from '../../chart/chart.tsx';
import { chartDataOf, countedOf, type ChartData } from '../../chart/chart-data.ts';
import { Legend } from '../../chart/legend.tsx';
import { SeriesTable } from '../../chart/series-table.tsx';
import { useService } from '../../api/service.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Segments } from '../../components/filters/segments.tsx';
import { EmptyPanel } from '../../components/state-panels.tsx';
import { useLast } from '../../hooks/use-last.ts';
import type { useRange } from '../../hooks/use-range.ts';
import type { SeriesOfRange } from '../../api/questions.ts';
import type { Series } from '../../hooks/use-series.ts';
import { eventsOf } from '../../state/links.ts';
import { Copies } from './copies.tsx';
import { exploreLink, titleOf, type ExploreState } from './explore-state.ts';

export interface ExploreAnswerProps {
  readonly state: ExploreState;
  readonly question: SeriesOfRange;
  readonly series: Series;
  readonly range: ReturnType<typeof useRange>;
}

const SHAPES = [
  { id: 'line', label: 'Line' },
  { id: 'bars', label: 'Bars' },
  { id: 'table', label: 'Table' },
] as const;

/** The count as a line, as bars or as a table. */
export function ExploreAnswer({ state, question, series, range }: ExploreAnswerProps) {
  const { navigation } = useService();
  const { answer, before, isCurrent } = series;
  const { bounds } = range;
  const drawn = useLast({ state, question, range }, isCurrent);
  const as = SHAPES.find(({ id }) => id === state.as)?.id ?? 'line';
  const dataOf = (value: Parameters<typeof chartDataOf>[0]['answer']) =>
    chartDataOf({
      answer: value,
      before,
      range: drawn.range.bounds.asked,
      interval: drawn.question.interval,
      zone: drawn.range.zone,
      nowMs: drawn.range.nowMs,
      label: drawn.state.name || titleOf(drawn.state),
    });
  const show = (change: Partial<ExploreState>) => navigation.navigate(exploreLink({ ...state, ...change }));
  return (
    <section aria-labelledby="answer">
      <div class="section-head">
        <h2 id="answer">
          <bdi>{titleOf(state)}</bdi>
        </h2>
        <span class="section-note">{bounds.words}</span>
        <div class="explore-ways">
          <button
            type="button"
            class="button button-small"
            aria-pressed={state.compare === 'before'}
            onClick={() => show({ compare: state.compare === 'before' ? '' : 'before' })}
          >
            Compare with before
          </button>
          <Segments
            label="Shown as"
            choices={SHAPES}
            chosen={as}
            onChoose={(id) => show({ as: id === 'line' ? '' : id })}
          />
        </div>
      </div>
      <AnswerPanel
        answer={answer}
        what="this count"
        isEmpty={({ series: lines }) => lines.every(({ total }) => total === 0)}
        empty={<EmptyPanel title={`None ${bounds.words}`}>A longer range or fewer filters may have some.</EmptyPanel>}
      >
        {(value) => (
          <>
            <Shown data={dataOf(value)} as={as} state={drawn.state} />
            <Copies data={dataOf(value)} question={question} bounds={bounds} isCurrent={isCurrent} />
          </>
        )}
      </AnswerPanel>
    </section>
  );
}

interface ShownProps {
  readonly data: ChartData;
  readonly as: 'line' | 'bars' | 'table';
  readonly state: ExploreState;
}

function Shown({ data, as, state }: ShownProps) {
  const title = titleOf(state);
  const { category, name, where } = state;
  const linkAt = (index: number) => eventsOf(countedOf(data, index), { category, name, where });
  return (
    <div class="card">
      <Legend data={data} />
      {as === 'table' ? (
        <SeriesTable data={data} caption={`${title}, the latest first`} linkAt={linkAt} />
      ) : (
        <Chart data={data} as={as} label={`${title}, ${data.times.length} intervals`} linkAt={linkAt} />
      )}
    </div>
  );
}
