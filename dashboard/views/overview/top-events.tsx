import { stretchParameters, type KnownName } from '../../api/questions.ts';
import type { TopList } from '../../api/stream.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Bars } from '../../components/count.tsx';
import { Time } from '../../components/time.tsx';
import { useZone } from '../../hooks/use-zone.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { everyMsOf } from '../../hooks/use-series.ts';
import { exploreTo, topTo } from '../../state/links.ts';
import { inputValue, type Bounds } from '../../state/range.ts';
import { withZone } from '../../state/zone.ts';
import { withQuery } from '../../text/query.ts';
import { shifted, startOf } from '../../text/zoned.ts';
import { overviewLink, type OverviewState } from './overview-state.ts';

const ROWS = '10';

export interface TopEventsProps {
  readonly state: OverviewState;
  readonly bounds: Bounds;
  /** Of all time. */
  readonly names: readonly KnownName[];
}

/** Which events there were most of; each leads to how it went over time. */
export function TopEvents({ state, bounds, names }: TopEventsProps) {
  const stretch = stretchParameters(bounds.asked);
  const path = withQuery('/events/top', { by: 'name', limit: ROWS, ...stretch });
  const answer = useAnswer<TopList>(path, { everyMs: everyMsOf(bounds) });
  const isUsual = state.range === '' && state.from === '';
  const range = { range: isUsual ? '24h' : state.range, from: state.from, to: state.to };
  return (
    <section aria-labelledby="top-events">
      <div class="section-head">
        <h2 id="top-events">Top events</h2>
        <a class="section-action" href={topTo({ by: 'name', ...stretch })}>
          All
        </a>
      </div>
      <AnswerPanel
        answer={answer}
        what="the top events"
        isEmpty={({ top }) => top.length === 0}
        empty={<NothingThen state={state} bounds={bounds} names={names} />}
      >
        {({ top }) => <Bars entries={top} hrefOf={(name) => exploreTo({ name, ...range })} />}
      </AnswerPanel>
    </section>
  );
}

/** Where nothing happened: when there was something, and the way there. */
function NothingThen({ state, bounds, names }: TopEventsProps) {
  const zone = useZone();
  const newest = names.reduce((latest, { last }) => (last > latest ? last : latest), '');
  const endMs = shifted(startOf('day', Date.parse(newest), zone), 1, 'day', zone);
  const month = { from: inputValue(shifted(endMs, -31, 'day', zone), zone), to: inputValue(endMs, zone) };
  // Whoever follows the link is to see the same days, wherever they are.
  const link = withZone(overviewLink({ ...state, range: '', ...month }), zone);
  return (
    <div class="panel">
      <p>No events {bounds.words}.</p>
      <p>
        The newest is of <Time iso={newest} precision="minute" />: <a href={link}>look at the 31 days up to then</a>
      </p>
    </div>
  );
}
