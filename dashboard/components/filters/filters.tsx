import type { ComponentChildren } from 'preact';

export interface FiltersProps {
  /** Above the choices, when there are more texts than one. */
  readonly texts?: ComponentChildren;
  /** Where there are no filters; undefined when there are none now. */
  readonly clearLink: string | undefined;
  /** Sends off what was typed. */
  readonly onShow: () => void;
  readonly children: ComponentChildren;
}

/** The form above a list, which chooses what is in it. */
export function Filters({ texts, clearLink, onShow, children }: FiltersProps) {
  return (
    <form
      class="filters"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onShow();
      }}
    >
      {texts !== undefined && <div class="filter-texts">{texts}</div>}
      <div class="filter-choices">
        {children}
        <div class="filter-actions">
          <button type="submit" class="button button-primary">
            Show
          </button>
          {clearLink !== undefined && (
            <a class="button button-quiet" href={clearLink}>
              Clear filters
            </a>
          )}
        </div>
      </div>
    </form>
  );
}
