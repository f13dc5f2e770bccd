import { questionPath, stretchParameters } from '../../api/questions.ts';
import type { TopList } from '../../api/stream.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Count } from '../../components/count.tsx';
import { StoredLine } from '../../components/stored-text.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { everyMsOf } from '../../hooks/use-series.ts';
import { exploreTo, topTo } from '../../state/links.ts';
import type { Bounds } from '../../state/range.ts';
import type { OverviewState } from './overview-state.ts';

const ROWS = '10';

/** Which events there were most of; each leads to how it went over time. */
export function TopEvents({ state, bounds }: { readonly state: OverviewState; readonly bounds: Bounds }) {
  const { fromMs, toMs, isOpen } = bounds;
  const stretch = stretchParameters({ fromMs, toMs: isOpen ? undefined : toMs });
  const path = questionPath('/events/top', { by: 'name', limit: ROWS, ...stretch });
  const answer = useAnswer<TopList>(path, { everyMs: everyMsOf(bounds) });
  const isUsual = state.range === '' && state.from === '';
  const range = { range: isUsual ? '24h' : state.range, from: state.from, to: state.to };
  return (
    <section aria-labelledby="top-events">
      <div class="section-head">
        <h2 id="top-events">Top events</h2>
        <a class="section-note section-action" href={topTo({ by: 'name', ...stretch })}>
          All
        </a>
      </div>
      <AnswerPanel
        answer={answer}
        what="the top events"
        isEmpty={({ top }) => top.length === 0}
        empty={<p class="panel">No events {bounds.words}.</p>}
      >
        {({ top }) => (
          <ol class="bars">
            {top.map(({ key, count }) => (
              <li key={key} style={{ '--share': String(count / (top[0]?.count ?? 1)) }}>
                <a href={exploreTo({ name: key, ...range })}>
                  <StoredLine text={key} />
                </a>
                <Count value={count} />
              </li>
            ))}
          </ol>
        )}
      </AnswerPanel>
    </section>
  );
}
