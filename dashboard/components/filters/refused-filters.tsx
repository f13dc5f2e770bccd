import type { ComponentChildren } from 'preact';
import type { ApiError } from '../../api/api-error.ts';

export interface RefusedFiltersProps {
  /** Why the service refuses the question, if it does. */
  readonly error: ApiError | undefined;
  /** The parameters that have a field, where what is wrong with them is said. */
  readonly fields: readonly string[];
  /** The link to the first page, from one that is not it. */
  readonly firstPage: string | undefined;
  /** What to show of any other answer. */
  readonly children: ComponentChildren;
}

/** Around an answer to filters: says which filters are wrong where they are, and where to go from a wrong cursor. */
export function RefusedFilters({ error, fields, firstPage, children }: RefusedFiltersProps) {
  const wrong = error?.kind === 'invalid' ? error.issues.map(({ path }) => path) : [];
  if (wrong.length > 0 && wrong.every((path) => fields.includes(path))) {
    return (
      <div class="panel panel-error" role="alert">
        <p class="panel-title">These filters cannot be used</p>
        <p class="panel-detail">Each that is wrong says what came, and what is expected.</p>
      </div>
    );
  }
  if (wrong.includes('cursor') && firstPage !== undefined) {
    return (
      <div class="panel panel-error" role="alert">
        <p class="panel-title">This page belongs to other filters</p>
        <p class="panel-detail">
          The cursor in the link is not one of these filters and this order. Go to the{' '}
          <a href={firstPage}>first page</a>.
        </p>
      </div>
    );
  }
  return children;
}
