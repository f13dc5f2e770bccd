export interface PagerProps {
  /** Links; undefined where there is no such page, or this one is it. */
  readonly first: string | undefined;
  /** Undefined also where it is not known: a link to a page in the middle does not say what is before it. */
  readonly previous: string | undefined;
  readonly next: string | undefined;
  /** What stands on the last page instead of a link to the next. */
  readonly end: string;
}

/** The way from page to page, forward by cursor. */
export function Pager({ first, previous, next, end }: PagerProps) {
  return (
    <nav class="pager" aria-label="Pages">
      {first !== undefined && (
        <a class="button" href={first}>
          First page
        </a>
      )}
      {previous !== undefined && (
        <a class="button" href={previous} rel="prev">
          Previous page
        </a>
      )}
      {next === undefined ? (
        <span class="section-note">{end}</span>
      ) : (
        <a class="button" href={next} rel="next">
          Next page
        </a>
      )}
    </nav>
  );
}
