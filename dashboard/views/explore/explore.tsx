import { RangeChoice } from '../../components/filters/range-choice.tsx';
import { useRange } from '../../hooks/use-range.ts';
import { useSeries } from '../../hooks/use-series.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { ExploreAnswer } from './explore-answer.tsx';
import { ExploreForm } from './explore-form.tsx';
import { exploreLink, questionOf, stateOf, USUAL_RANGE } from './explore-state.ts';
import './explore.css';

/** Any count over time. */
export const explore: View = { id: 'explore', title: 'Explore', Content: Explore };

function Explore({ query }: ViewProps) {
  const state = stateOf(query);
  const range = useRange(state, USUAL_RANGE);
  const question = questionOf(state, range, range.zone);
  const series = useSeries(question, range.bounds, state.compare === 'before');
  const issues = series.answer.state === 'failed' ? series.answer.error.issues : [];
  return (
    <>
      <section aria-label="Question">
        <ExploreForm state={state} usualInterval={range.bounds.interval} issues={issues} />
        <RangeChoice state={state} read={range} linkTo={(change) => exploreLink({ ...state, ...change })} />
      </section>
      <ExploreAnswer state={state} question={question} series={series} range={range} />
    </>
  );
}
