import { useEffect, useState } from 'preact/hooks';
import type { KnownName, NamesAnswer } from '../../api/questions.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { RangeChoice } from '../../components/filters/range-choice.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useRange } from '../../hooks/use-range.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { NewestEvents } from './newest-events.tsx';
import { overviewLink, stateOf } from './overview-state.ts';
import { Rejections } from './rejections.tsx';
import { TopEvents } from './top-events.tsx';
import { Trend } from './trend.tsx';
import { Welcome } from './welcome.tsx';
import './overview.css';

/** What happened: how much of it, what, and what just now. */
export const overview: View = { id: 'overview', title: 'Overview', Content: Overview };

/** While nothing has come, the first event is looked for. */
const WAITING_MS = 500;
/** What is known of the names ages: which there are, and when each was last. */
const NAMES_MS = 60_000;

function Overview({ query }: ViewProps) {
  const [isFirst, setIsFirst] = useState(true);
  const names = useAnswer<NamesAnswer>('/events/names', { everyMs: isFirst ? WAITING_MS : NAMES_MS });
  const isThere = names.state === 'ready' && names.value.names.length > 0;
  useEffect(() => setIsFirst(!isThere), [isThere]);
  return (
    <AnswerPanel answer={names} what="the events" isEmpty={({ names }) => names.length === 0} empty={<Welcome />}>
      {({ names: known }) => <Happened query={query} names={known} />}
    </AnswerPanel>
  );
}

function Happened({ query, names }: ViewProps & { readonly names: readonly KnownName[] }) {
  const state = stateOf(query);
  const range = useRange(state);
  return (
    <>
      <section aria-label="What happened">
        <RangeChoice state={state} read={range} linkTo={(change) => overviewLink({ ...state, ...change })} />
        <Trend state={state} range={range} names={names} />
        <Rejections range={range} />
      </section>
      <div class="overview-lists">
        <TopEvents state={state} bounds={range.bounds} names={names} />
        <NewestEvents />
      </div>
    </>
  );
}
