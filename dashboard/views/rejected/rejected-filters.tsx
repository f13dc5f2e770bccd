import type { Issue } from '../../api/api-error.ts';
import { Filters } from '../../components/filters/filters.tsx';
import { SelectField } from '../../components/filters/select-field.tsx';
import { TextFilter } from '../../components/filters/text-filter.tsx';
import { TimeFilterFields } from '../../components/filters/time-filter-fields.tsx';
import { useTyped } from '../../hooks/use-typed.ts';
import { messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { trimmed } from '../../state/time-filter.ts';
import { REASONS } from './reasons.ts';
import { filtered, isFiltered, NO_FILTERS, rejectedLink, type RejectedState } from './rejected-state.ts';

export interface RejectedFiltersProps {
  readonly state: RejectedState;
  /** What the service found wrong with the filters. */
  readonly issues: readonly Issue[];
}

/** Chooses whose rejections are shown, and of when. */
export function RejectedFilters({ state, issues }: RejectedFiltersProps) {
  const { navigation } = useService();
  const [values, change] = useTyped(filtered(state, {}));
  const show = (changed: Partial<RejectedState> = {}) =>
    navigation.navigate(rejectedLink(filtered({ ...values, ...trimmed(values) }, changed)));
  const errorOf = (name: string) => messageAt(issues, name);
  return (
    <Filters clearLink={isFiltered(state) ? rejectedLink(NO_FILTERS) : undefined} onShow={() => show()}>
      <SelectField
        label="Reason"
        value={values.reason}
        choices={[{ id: '', label: 'Any' }, ...REASONS]}
        error={errorOf('reason')}
        onChoose={(reason) => show({ reason })}
      />
      <TextFilter
        label="Application"
        value={values.application}
        error={errorOf('application')}
        onInput={(application) => change({ application })}
      />
      <TimeFilterFields
        label="Received"
        value={values}
        shown={state}
        errors={{ from: errorOf('from'), to: errorOf('to') }}
        onInput={change}
        onChoose={show}
      />
    </Filters>
  );
}
