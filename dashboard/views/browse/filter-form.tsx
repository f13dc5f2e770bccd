import { useState } from 'preact/hooks';
import type { Issue } from '../../api/api-error.ts';
import { Filters } from '../../components/filters/filters.tsx';
import { Segments } from '../../components/filters/segments.tsx';
import { TextFilter } from '../../components/filters/text-filter.tsx';
import { TimeFilterFields } from '../../components/filters/time-filter-fields.tsx';
import { useTyped } from '../../hooks/use-typed.ts';
import { messageAt } from '../../api/sentence.ts';
import { useService } from '../../api/service.ts';
import { trimmed } from '../../state/time-filter.ts';
import { TEXT_FILTERS, browseLink, filtered, isFiltered, NO_FILTERS, type BrowseState } from './browse-state.ts';
import { CategoryOptions } from './category-options.tsx';

export interface FilterFormProps {
  readonly state: BrowseState;
  /** What the service found wrong with the filters. */
  readonly issues: readonly Issue[];
}

const ORDERS = [
  { id: 'desc', label: 'Newest first' },
  { id: 'asc', label: 'Oldest first' },
] as const;

/** Chooses which events are shown. Texts count when they are sent off; what is chosen, at once. */
export function FilterForm({ state, issues }: FilterFormProps) {
  const { navigation } = useService();
  const [values, change] = useTyped(filtered(state, {}));
  const [wantsCategories, setWantsCategories] = useState(false);
  const show = (changed: Partial<BrowseState> = {}) =>
    navigation.navigate(browseLink(filtered({ ...values, ...trimmed(values) }, changed)));
  const errorOf = (name: string) => messageAt(issues, name);
  return (
    <Filters
      clearLink={isFiltered(state) ? browseLink({ ...NO_FILTERS, order: state.order }) : undefined}
      onShow={() => show()}
      texts={TEXT_FILTERS.map(({ id, label }) => (
        <TextFilter
          key={id}
          label={label}
          value={values[id]}
          error={errorOf(id)}
          onInput={(text) => change({ [id]: text })}
          {...(id === 'category' && {
            suggestions: wantsCategories && <CategoryOptions />,
            onFocus: () => setWantsCategories(true),
          })}
        />
      ))}
    >
      <TimeFilterFields
        label="Time"
        value={values}
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
