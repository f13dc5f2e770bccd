import type { RetentionAnswer } from '../../api/questions.ts';
import { capitalised, messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { EventChoice } from '../../choice/event-choice.tsx';
import { eventOf, keyOf } from '../../choice/event-key.ts';
import { FOLLOWED } from '../../choice/measures.ts';
import { useNames } from '../../choice/suggestions.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { RangeChoice } from '../../components/filters/range-choice.tsx';
import { SelectField } from '../../components/filters/select-field.tsx';
import { EmptyPanel } from '../../components/state-panels.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useLast } from '../../hooks/use-last.ts';
import { useRange } from '../../hooks/use-range.ts';
import type { View, ViewProps } from '../../state/view.ts';
import type { Unit } from '../../text/zoned.ts';
import { CohortTable } from './cohort-table.tsx';
import { pathOf, retentionLink, stateOf, USUAL_RANGE, type RetentionState } from './retention-state.ts';
import './retention.css';

/** Whether they come back. */
export const retention: View = { id: 'retention', title: 'Retention', Content: Retention };

/** Also of a range that is over: who began in it goes on coming back. */
const EVERY_MS = 30_000;
const INTERVALS = ['day', 'week', 'month'].map((id) => ({ id, label: capitalised(id) }));

function Retention({ query }: ViewProps) {
  const state = stateOf(query);
  const range = useRange(state, USUAL_RANGE);
  const path = pathOf(state, range.bounds, range.zone);
  const answer = useAnswer<RetentionAnswer>(path, { everyMs: EVERY_MS });
  const interval = (state.interval || 'week') as Unit;
  const { zone, nowMs } = range;
  const clock = useLast({ interval, zone, nowMs }, answer.state === 'ready' && !answer.isOfBefore);
  return (
    <>
      <section aria-label="Question">
        <RetentionForm state={state} issues={answer.state === 'failed' ? answer.error.issues : []} />
        <RangeChoice state={state} read={range} linkTo={(change) => retentionLink({ ...state, ...change })} />
      </section>
      <section aria-labelledby="answer">
        <div class="section-head">
          <h2 id="answer">Who came back, by the {interval} of their first event</h2>
          <span class="section-note">{range.bounds.words}</span>
        </div>
        {path === undefined ? (
          <EmptyPanel title="Choose a first event">
            <p>Whoever did it belongs to the {interval} in which that was; of each, this counts who came back later.</p>
          </EmptyPanel>
        ) : (
          <AnswerPanel
            answer={answer}
            what="the retention"
            isEmpty={({ cohorts }) => cohorts.every(({ size }) => size === 0)}
            empty={<EmptyPanel title={`Nobody did this for the first time ${range.bounds.words}`} />}
          >
            {({ cohorts }) => <CohortTable cohorts={cohorts} {...clock} />}
          </AnswerPanel>
        )}
      </section>
    </>
  );
}

interface RetentionFormProps {
  readonly state: RetentionState;
  readonly issues: Parameters<typeof messageAt>[0];
}

function RetentionForm({ state, issues }: RetentionFormProps) {
  const { navigation } = useService();
  const names = useNames();
  const show = (change: Partial<RetentionState>) => navigation.navigate(retentionLink({ ...state, ...change }));
  return (
    <div class="question">
      <div class="question-fields">
        <EventChoice
          label="First event"
          names={names}
          value={eventOf(state.first, names.known ?? [])}
          placeholder="Choose an event"
          takesCategories={false}
          error={messageAt(issues, 'first')}
          onChoose={(event) => show({ first: keyOf(event) })}
        />
        <EventChoice
          label="Came back with"
          names={names}
          value={eventOf(state.return, names.known ?? [])}
          placeholder="The same event"
          takesCategories={false}
          error={messageAt(issues, 'return')}
          onChoose={(event) => show({ return: keyOf(event) })}
        />
        <SelectField
          label="Per"
          value={state.interval || 'week'}
          choices={INTERVALS}
          error={messageAt(issues, 'interval')}
          onChoose={(id) => show({ interval: id === 'week' ? '' : id })}
        />
        <SelectField
          label="Of"
          value={state.by || 'user'}
          choices={FOLLOWED}
          error={messageAt(issues, 'by')}
          onChoose={(id) => show({ by: id === 'user' ? '' : id })}
        />
      </div>
    </div>
  );
}
