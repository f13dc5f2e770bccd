import type { Issue } from '../../api/api-error.ts';
import { messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { Combobox } from '../../choice/combobox.tsx';
import { Conditions } from '../../choice/conditions.tsx';
import { EventChoice } from '../../choice/event-choice.tsx';
import { MEMBERS, type Member } from '../../choice/members.ts';
import { useNames, useValues } from '../../choice/suggestions.ts';
import { Filters } from '../../components/filters/filters.tsx';
import { Segments } from '../../components/filters/segments.tsx';
import { TimeFilterFields } from '../../components/filters/time-filter-fields.tsx';
import { useTyped } from '../../hooks/use-typed.ts';
import { trimmed } from '../../state/time-filter.ts';
import { browseLink, filtered, isFiltered, NO_FILTERS, type BrowseState } from './browse-state.ts';

export interface FilterFormProps {
  readonly state: BrowseState;
  /** What the service found wrong with the filters. */
  readonly issues: readonly Issue[];
}

const ORDERS = [
  { id: 'desc', label: 'Newest first' },
  { id: 'asc', label: 'Oldest first' },
] as const;

/** Chooses which events are shown. What is chosen counts at once; times that are typed, when they are sent off. */
export function FilterForm({ state, issues }: FilterFormProps) {
  const { navigation } = useService();
  const [values, change] = useTyped(filtered(state, {}));
  const names = useNames();
  const show = (changed: Partial<BrowseState> = {}) =>
    navigation.navigate(browseLink(filtered({ ...values, ...trimmed(values) }, changed)));
  const errorOf = (name: string) => messageAt(issues, name);
  const { category, name, where } = state;
  return (
    <Filters
      clearLink={isFiltered(state) ? browseLink({ ...NO_FILTERS, order: state.order }) : undefined}
      onShow={() => show()}
      texts={
        <>
          <EventChoice
            label="Event"
            names={names}
            value={{ category, name }}
            error={errorOf('name') ?? errorOf('category')}
            onChoose={(event) => show({ ...event })}
          />
          {MEMBERS.slice(2).map(({ value: id, label }) => (
            <ValueFilter
              key={id}
              id={id}
              label={label}
              state={state}
              error={errorOf(id)}
              onChoose={(text) => show({ [id]: text })}
            />
          ))}
        </>
      }
    >
      <Conditions
        where={where}
        of={{ category, name }}
        error={errorOf('where')}
        onChange={(conditions) => show({ where: conditions })}
      />
      <TimeFilterFields
        label="Time"
        value={values}
        shown={state}
        errors={{ from: errorOf('from'), to: errorOf('to') }}
        onInput={change}
        onChoose={show}
      />
      <div class="filter-choice">
        <span class="field-label">Order</span>
        <Segments
          label="Order"
          choices={ORDERS}
          chosen={values.order === 'asc' ? 'asc' : 'desc'}
          onChoose={(order) => show({ order: order === 'asc' ? 'asc' : '' })}
        />
      </div>
    </Filters>
  );
}

interface ValueFilterProps {
  readonly id: Member;
  readonly label: string;
  readonly state: BrowseState;
  readonly error: string | undefined;
  readonly onChoose: (text: string) => void;
}

function ValueFilter({ id, label, state: { category, name, ...state }, error, onChoose }: ValueFilterProps) {
  const suggestions = useValues(id, { category, name });
  const value = { ...state, category, name }[id];
  return <Combobox label={label} value={value} {...suggestions} onChoose={onChoose} error={error} takesAny />;
}
