import type { Issue } from '../../api/api-error.ts';
import { messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { EventChoice } from '../../choice/event-choice.tsx';
import { eventOf, keyOf } from '../../choice/event-key.ts';
import { FOLLOWED } from '../../choice/measures.ts';
import type { Names } from '../../choice/suggestions.ts';
import { SelectField } from '../../components/filters/select-field.tsx';
import { funnelLink, MAX_STEPS, MIN_STEPS, type FunnelState } from './funnel-state.ts';

export interface FunnelFormProps {
  readonly state: FunnelState;
  readonly names: Names;
  readonly issues: readonly Issue[];
}

const WITHIN = [
  { id: '30m', label: '30 minutes' },
  { id: '1h', label: '1 hour' },
  { id: '24h', label: '1 day' },
  { id: '7d', label: '7 days' },
  { id: '30d', label: '30 days' },
];

/** The steps in their order, and how they are followed. */
export function FunnelForm({ state, names, issues }: FunnelFormProps) {
  const { navigation } = useService();
  const { steps, by, within } = state;
  const show = (change: Partial<FunnelState>) => navigation.navigate(funnelLink({ ...state, ...change }));
  const shown = Array.from({ length: Math.min(MAX_STEPS, Math.max(MIN_STEPS, steps.length + 1)) }, (_, i) => steps[i]);
  const setStep = (index: number, step: string) =>
    show({ steps: [...steps.slice(0, index), step, ...steps.slice(index + 1)].filter((one) => one !== '') });
  return (
    <div class="question">
      <ol class="funnel-fields question-fields">
        {shown.map((step, index) => (
          <li key={index}>
            <EventChoice
              label={`Step ${index + 1}`}
              names={names}
              value={eventOf(step ?? '', names.known ?? [])}
              placeholder={index < MIN_STEPS ? 'Choose an event' : 'Add a step'}
              takesCategories={false}
              error={index === 0 ? messageAt(issues, 'step') : undefined}
              onChoose={(event) => setStep(index, keyOf(event))}
            />
          </li>
        ))}
      </ol>
      <div class="question-fields">
        <SelectField
          label="Within"
          value={within || '24h'}
          choices={WITHIN}
          error={messageAt(issues, 'within')}
          onChoose={(id) => show({ within: id === '24h' ? '' : id })}
        />
        <SelectField
          label="Of"
          value={by || 'user'}
          choices={FOLLOWED}
          error={messageAt(issues, 'by')}
          onChoose={(id) => show({ by: id === 'user' ? '' : id })}
        />
      </div>
    </div>
  );
}
