import type { Issue } from '../../api/api-error.ts';
import { capitalised, messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { Conditions } from '../../choice/conditions.tsx';
import { EventChoice } from '../../choice/event-choice.tsx';
import { MEASURES } from '../../choice/measures.ts';
import { PathChoice } from '../../choice/path-choice.tsx';
import { useNames } from '../../choice/suggestions.ts';
import { SelectField } from '../../components/filters/select-field.tsx';
import { exploreLink, type ExploreState } from './explore-state.ts';

export interface ExploreFormProps {
  readonly state: ExploreState;
  /** What fits the range. */
  readonly usualInterval: string;
  /** What the service says is wrong with this question. */
  readonly issues: readonly Issue[];
}

const INTERVALS = ['minute', 'hour', 'day', 'week', 'month'];
const LIMITS = ['3', '5', '10', '20'].map((id) => ({ id, label: id }));

/** What is counted, and how it is cut. Each choice counts at once. */
export function ExploreForm({ state, usualInterval, issues }: ExploreFormProps) {
  const { navigation } = useService();
  const names = useNames();
  const show = (change: Partial<ExploreState>) => navigation.navigate(exploreLink({ ...state, ...change }));
  const errorOf = (name: string) => messageAt(issues, name);
  const { category, name, by, measure, interval, where, limit } = state;
  return (
    <div class="question">
      <div class="question-fields">
        <EventChoice
          label="Event"
          names={names}
          value={{ category, name }}
          error={errorOf('name') ?? errorOf('category')}
          onChoose={(event) => show({ ...event })}
        />
        <SelectField
          label="Count"
          value={measure || 'events'}
          choices={MEASURES}
          error={errorOf('measure')}
          onChoose={(id) => show({ measure: id === 'events' ? '' : id })}
        />
        <PathChoice
          label="Broken down by"
          of={{ category, name }}
          value={by}
          placeholder="Nothing"
          error={errorOf('by')}
          onChoose={(path) => show({ by: path })}
        />
        <SelectField
          label="Per"
          value={interval}
          choices={[
            { id: '', label: `Auto (${usualInterval})` },
            ...INTERVALS.map((id) => ({ id, label: capitalised(id) })),
          ]}
          error={errorOf('interval')}
          onChoose={(id) => show({ interval: id })}
        />
        {by !== '' && (
          <SelectField
            label="At most"
            value={limit || '5'}
            choices={LIMITS}
            error={errorOf('limit')}
            onChoose={(id) => show({ limit: id === '5' ? '' : id })}
          />
        )}
      </div>
      <Conditions
        where={where}
        of={{ category, name }}
        error={errorOf('where')}
        onChange={(changed) => show({ where: changed })}
      />
    </div>
  );
}
