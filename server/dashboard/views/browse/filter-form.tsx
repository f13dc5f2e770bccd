import { useState } from 'preact/hooks';
import type { Issue } from '../../api-error.ts';
import { Field } from '../../components/field.tsx';
import { Segments } from '../../components/segments.tsx';
import { TimeFilterFields } from '../../components/time-filter-fields.tsx';
import { useService } from '../../service.ts';
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

const CATEGORIES = 'known-categories';

/** Chooses which events are shown. Texts count when they are sent off; what is chosen, at once. */
export function FilterForm({ state, issues }: FilterFormProps) {
  const { navigation } = useService();
  const shown = JSON.stringify(filtered(state, {}));
  const [typed, setTyped] = useState({ shown, values: state });
  const [wantsCategories, setWantsCategories] = useState(false);
  // What was typed is gone once something else is shown: by a link, or by going back.
  const values = typed.shown === shown ? typed.values : state;
  const change = (changed: Partial<BrowseState>) => setTyped({ shown, values: { ...values, ...changed } });
  const show = (changed: Partial<BrowseState> = {}) =>
    navigation.navigate(browseLink(filtered(trimmed(values), changed)));
  const errorOf = (name: string) => issues.find(({ path }) => path === name)?.message;
  return (
    <form
      class="filters"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        show();
      }}
    >
      <div class="filter-texts">
        {TEXT_FILTERS.map(({ id, label }) => (
          <Field key={id} label={label} error={errorOf(id)}>
            {(attributes) => (
              <input
                {...attributes}
                value={values[id]}
                placeholder="Any"
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                list={id === 'category' ? CATEGORIES : undefined}
                onFocus={() => setWantsCategories((wants) => wants || id === 'category')}
                onInput={(event) => change({ [id]: event.currentTarget.value })}
              />
            )}
          </Field>
        ))}
        <datalist id={CATEGORIES}>{wantsCategories && <CategoryOptions />}</datalist>
      </div>
      <div class="filter-choices">
        <TimeFilterFields
          label="Time"
          value={values}
          errors={{ from: errorOf('from'), to: errorOf('to') }}
          onInput={change}
          onChoose={show}
        />
        <div class="field-row">
          <span class="field-label">Order</span>
          <Segments
            label="Order"
            choices={ORDERS}
            chosen={values.order === 'asc' ? 'asc' : 'desc'}
            onChoose={(order) => show({ order: order === 'asc' ? 'asc' : '' })}
          />
        </div>
        <div class="filter-actions">
          <button type="submit" class="button button-primary">
            Show
          </button>
          {isFiltered(state) && (
            <a class="button button-quiet" href={browseLink({ ...NO_FILTERS, order: state.order })}>
              Clear filters
            </a>
          )}
        </div>
      </div>
    </form>
  );
}

/** The space around a time that was pasted is nobody's; that of a name may be part of it. */
function trimmed(values: BrowseState): BrowseState {
  return { ...values, from: values.from.trim(), to: values.to.trim() };
}
