import type { FunnelAnswer } from '../../api/questions.ts';
import { useNames } from '../../choice/suggestions.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { RangeChoice } from '../../components/filters/range-choice.tsx';
import { EmptyPanel } from '../../components/state-panels.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useRange } from '../../hooks/use-range.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { FunnelForm } from './funnel-form.tsx';
import { FunnelSteps } from './funnel-steps.tsx';
import { funnelLink, MIN_STEPS, pathOf, stateOf, USUAL_RANGE } from './funnel-state.ts';
import './funnel.css';

/** How many go from one event to the next. */
export const funnel: View = { id: 'funnel', title: 'Funnel', Content: Funnel };

/** Also of a range that is over: who began in it goes on to the next steps. */
const EVERY_MS = 10_000;

function Funnel({ query }: ViewProps) {
  const state = stateOf(query);
  const range = useRange(state, USUAL_RANGE);
  const names = useNames();
  const path = pathOf(state, range.bounds);
  const answer = useAnswer<FunnelAnswer>(path, { everyMs: EVERY_MS });
  const issues = answer.state === 'failed' ? answer.error.issues : [];
  return (
    <>
      <section aria-label="Question">
        <FunnelForm state={state} names={names} issues={issues} />
        <RangeChoice state={state} read={range} linkTo={(change) => funnelLink({ ...state, ...change })} />
      </section>
      <section aria-labelledby="answer">
        <div class="section-head">
          <h2 id="answer">{state.by === 'session_id' ? 'Sessions' : 'Users'} from step to step</h2>
          <span class="section-note">who did the first step {range.bounds.words}</span>
        </div>
        {path === undefined ? (
          <EmptyPanel title={`Choose ${MIN_STEPS - state.steps.length === 1 ? 'one more step' : 'two steps'}`}>
            <p>A funnel counts who did the first event, and of those who went on to the next, in this order.</p>
          </EmptyPanel>
        ) : (
          <AnswerPanel
            answer={answer}
            what="the funnel"
            isEmpty={({ steps }) => (steps[0]?.count ?? 0) === 0}
            empty={<EmptyPanel title={`Nobody did the first step ${range.bounds.words}`} />}
          >
            {({ steps }) => <FunnelSteps steps={steps} names={names.known ?? []} />}
          </AnswerPanel>
        )}
      </section>
    </>
  );
}
