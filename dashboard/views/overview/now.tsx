import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Count } from '../../components/count.tsx';
import { formatHourSpan, formatLocal } from '../../text/format.ts';
import type { Answer } from '../../hooks/use-answer.ts';
import type { HourCounts } from '../../text/hours.ts';
import { SERIES } from './series.ts';

/** The figures of the hour that it is, as they come in. */
export function Now({ answer }: { readonly answer: Answer<HourCounts> }) {
  const isLive = answer.state === 'ready' && answer.error === undefined;
  return (
    <section aria-labelledby="now">
      <div class="section-head">
        <h2 id="now">This hour</h2>
        {answer.state === 'ready' && <HourOf counts={answer.value} />}
        {isLive && <span class="live">Live</span>}
      </div>
      <AnswerPanel answer={answer} what="the counts of this hour">
        {(counts) => (
          <dl class="figures">
            {SERIES.map(({ id, label }) => (
              <div key={id} class={`figure figure-${id}`}>
                <dt>{label}</dt>
                <dd>
                  <Count value={counts[id]} />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </AnswerPanel>
    </section>
  );
}

/** From the answer and not from the clock: when the hour turns, figures and hour change together. */
function HourOf({ counts }: { readonly counts: HourCounts }) {
  return (
    <time class="section-note" dateTime={counts.hour} title={formatLocal(counts.hour)}>
      {formatHourSpan(Date.parse(counts.hour))} UTC
    </time>
  );
}
